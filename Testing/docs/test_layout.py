"""The layout and its words hold: who imports whom, and what things are called."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "GastricDiffLib"
RETIRED = re.compile(
    r"\b(told|tell|tells|telling|say|says|said|saying|mend|mends|desk|agreed|untold)\b", re.I
)
"""Words of our own for which the field has better ones; docs/developer/index.md lists those."""
METHODS = re.compile(r"\.(tell)\(")  # of a file: its position


def test_no_file_of_the_library_uses_a_retired_word():
    found = []
    for path in sorted((*LIBRARY.rglob("*"), *(ROOT / "GastricDiff").rglob("*.py"))):
        if path.suffix not in (".py", ".html", ".js"):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if RETIRED.search(METHODS.sub("", line)):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert not found, "\n".join(found)


def test_each_public_class_has_a_name_of_its_own():
    names = Counter(
        node.name
        for path in LIBRARY.rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("ct/grid.py", "import GastricDiffLib.app.case", "Data flows one way"),
        ("results/tables.py", "import torch", "torch stays in"),
        ("cohort/split.py", "import vtk", "Slicer and VTK stay in"),
        ("app/case.py", "import qt", "Qt stays in desktop"),
        ("train/rate.py", "import GastricDiffLib.train.loop", "No circle of files"),
    ],
)
def test_an_import_against_the_layout_fails_the_lint(file, line, contract, tmp_path):
    shutil.copytree(LIBRARY, tmp_path / "GastricDiffLib", ignore=shutil.ignore_patterns("__*__"))
    for package in LIBRARY.rglob("__init__.py"):
        shutil.copy(package, tmp_path / package.relative_to(ROOT))
    shutil.copy(LIBRARY / "__main__.py", tmp_path / "GastricDiffLib")
    shutil.copy(ROOT / ".importlinter", tmp_path)
    changed = tmp_path / "GastricDiffLib" / file
    text = changed.read_text(encoding="utf-8")
    future = "from __future__ import annotations\n"
    changed.write_text(text.replace(future, f"{future}{line}\n", 1), encoding="utf-8")
    # Not the command itself: it would import the library of the checkout.
    check = (
        "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", check], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1, ended.stdout + ended.stderr
    broken = [row for row in ended.stdout.splitlines() if " BROKEN" in row]
    assert any(row.startswith(contract) for row in broken), ended.stdout
