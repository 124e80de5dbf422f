"""What of the repository the site shows beside ``docs``, and where links out of it lead.

The pages are read on the site and in the repository alike, so that their links are those of the
repository. A link to a file that the site has is turned into one within the site, any other one
into the file's address in the repository.
"""

from __future__ import annotations

import logging
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
SHOWN = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "Resources/Icons/GastricDiff.png": "icon.png",
}
"""Files outside of ``docs`` by their path on the site; pictures keep their own."""
PICTURES = "Resources/Screenshots"
LINK = re.compile(r"(\]\()([^)\s#]+)((?:#[^)\s]*)?\))")
FOREIGN = re.compile(
    r"<(?:script|img|iframe|link(?! rel=\"canonical\"))\b[^>]*?[\"'](?:https?:)?//[^>]*>"
)
"""What a browser would load from another host."""
CODE = re.compile(r"(^```.*?^```$|`[^`\n]+`)", re.M | re.S)


def shown() -> dict[str, str]:
    """What the site shows of the repository: path in it by path on the site."""
    pictures = sorted((ROOT / PICTURES).glob("*.png"))
    return SHOWN | {name: name for one in pictures for name in [one.relative_to(ROOT).as_posix()]}


def on_files(files: Files, config: Any) -> Files:
    for source, target in shown().items():
        files.append(File.generated(config, target, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    uri = page.file.src_uri
    sources = {target: source for source, target in shown().items()}
    own = sources.get(uri, f"docs/{uri}")

    def link(match: re.Match[str]) -> str:
        before, target, after = match.groups()
        if "://" in target or target.startswith(("/", "mailto:")):
            return match[0]
        path = posixpath.normpath(posixpath.join(posixpath.dirname(own), target))
        return before + _address(path, uri, config) + after

    parts = CODE.split(markdown)  # what stands at odd places is code
    return "".join(part if n % 2 else LINK.sub(link, part) for n, part in enumerate(parts))


def _address(path: str, uri: str, config: Any) -> str:
    """Of the repository's ``path``, seen from the page ``uri``."""
    if path in shown():
        path = f"docs/{shown()[path]}"
    elif path == "README.md":
        path = "docs/index.md"
    elif not path.startswith("docs/"):
        kind = "tree" if (ROOT / path).is_dir() else "blob"
        return f"{config.extra['repository']}/{kind}/main/{path}"
    return posixpath.relpath(path.removeprefix("docs/"), posixpath.dirname(uri) or ".")


def on_post_page(output: str, page: Any, config: Any) -> str:
    for element in FOREIGN.findall(output):
        # A warning, which --strict turns into an error.
        logging.getLogger("mkdocs.hooks").warning("%s loads %s", page.file.src_uri, element)
    return output
