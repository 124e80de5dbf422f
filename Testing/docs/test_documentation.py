"""What README and docs show is true: examples run, command lines parse, links lead somewhere."""

from __future__ import annotations

import re
import shlex
import shutil
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from GastricDiffLib.cli.main import build_parser
from GastricDiffLib.resources import demo_model

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
FENCE = re.compile(r"^([ \t]*)```([^\n]*)\n(.*?)^\1```[ \t]*$", re.M | re.S)
MARK = re.compile(r"<!-- (run|not run: .+) -->\s*\Z")
INLINE = re.compile(r"`[^`\n]+`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?) *$", re.M)
README_LINES = 120


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, language: str | None = None) -> list[tuple[str, str]]:
    """What stands before each fenced block, and what stands in it."""
    text = page.read_text(encoding="utf-8")
    return [
        (text[: match.start()], match[3])
        for match in FENCE.finditer(text)
        if language is None or match[2].strip() == language
    ]


def commands(page: Path) -> list[str]:
    """The calls of ``gastricdiff`` in a page's blocks, by its name or as torchrun starts it."""
    found = []
    for _, block in blocks(page):
        for line in block.replace("\\\n", " ").splitlines():
            before, starts, rest = line.partition("-m GastricDiffLib ")
            if starts and "torchrun" in before:
                found.append(rest)
            elif line.startswith("gastricdiff "):
                found.append(line.removeprefix("gastricdiff "))
    return found


EXAMPLES = [page for page in PAGES if blocks(page, "python")]
CALLS = [(name(page), call) for page in PAGES for call in commands(page)]


@pytest.fixture(scope="module")
def files(made_once) -> Path:
    """A folder with the files that examples name: a phantom, its box, and the demo model."""
    from GastricDiffLib.ct.io.markups import write_roi
    from GastricDiffLib.ct.io.writing import write_nrrd
    from GastricDiffLib.phantom import make_case

    def make(folder: Path) -> Path:
        folder.mkdir()
        case = make_case(label=1, seed=5, coarsen=3)
        write_nrrd(folder / "CT.nrrd", case.volume, case.grid)
        write_roi(folder / "ROI.mrk.json", [case.roi])
        shutil.copyfile(demo_model(), folder / "model.safetensors")
        return folder

    return made_once("documentation", make)


@pytest.mark.parametrize("page", EXAMPLES, ids=name)
def test_every_example_is_marked_as_run_or_not(page):
    for before, block in blocks(page, "python"):
        assert MARK.search(before), block


@pytest.mark.parametrize("page", EXAMPLES, ids=name)
def test_examples_run(page, files, tmp_path, monkeypatch):
    shutil.copytree(files, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    space: dict[str, object] = {"__name__": "example"}
    for before, block in blocks(page, "python"):
        if MARK.search(before)[1] == "run":
            exec(compile(block, name(page), "exec"), space)


@pytest.mark.parametrize(("page", "call"), CALLS)
def test_the_command_line_takes_what_is_shown(page, call):
    words = shlex.split(call, comments=True)
    assert build_parser().parse_args(words).command == words[0]


def test_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= README_LINES


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_within_the_repository_lead_somewhere(page):
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert ROOT in target.parents, link
        if anchor:
            assert anchor in anchors(target), link


def test_every_page_is_in_the_sites_navigation_and_every_entry_is_a_page():
    # Its tags for Python objects belong to mkdocs alone.
    text = re.sub(r"!!\S+", "", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    named = list(entries(yaml.safe_load(text)["nav"]))
    assert len(named) == len(set(named))
    outside = {"changelog.md", "contributing.md"}
    assert set(named) - outside == {
        path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")
    }


def test_tables_have_as_many_cells_in_every_row():
    for page in PAGES:
        text = FENCE.sub("", page.read_text(encoding="utf-8"))
        for one, other in pairwise(text.splitlines()):
            if one.strip().startswith("|") and other.strip().startswith("|"):
                assert cells(one) == cells(other), f"{name(page)}: {other}"


@pytest.mark.parametrize(
    "file", sorted([*ROOT.glob(".github/**/*.yml"), ROOT / ".pre-commit-config.yaml"]), ids=name
)
def test_workflows_and_forms_are_yaml_and_name_what_is_there(file):
    text = file.read_text(encoding="utf-8")
    assert yaml.safe_load(text)
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    for target in re.findall(r"(?:run: |`)make ([a-z-]+)", text):
        assert target in targets
    for script in re.findall(r"\.github/workflows/[\w-]+\.sh", text):
        assert (ROOT / script).is_file()


def links(page: Path) -> list[str]:
    """Links of a page to other files, or within itself, without those in code."""
    text = INLINE.sub("", FENCE.sub("", page.read_text(encoding="utf-8")))
    return [link for link in LINK.findall(text) if "://" not in link]


def anchors(page: Path) -> set[str]:
    """Of a page's headings, as both the site and GitHub make them of plain words."""
    heads = HEADING.findall(FENCE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", head.lower()).strip()) for head in heads}


def entries(nav):
    """The pages that a part of the navigation names."""
    if isinstance(nav, str):
        yield nav
    else:
        for part in nav.values() if isinstance(nav, dict) else nav:
            yield from entries(part)


def cells(row: str) -> int:
    return INLINE.sub("", row).replace("\\|", "").count("|")
