"""The tutorial names what the panel has, and shows pictures that are there."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from GastricDiffLib.train.config import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "docs" / "tutorial.md"
CHANGED = {"Cancel", "Continue export", "Stop and keep the best"}
"""What a button reads while it runs, set by the panel's code."""
SLICERS = {
    "PyTorch",
    "Install",
    "Additional module paths",
    "Extension Wizard",
    "Select Extension",
    "Sample Data",
    "GastricDiffPhantom",
}
"""Names of Slicer and of the sample, not of the panel."""
LARGEST_PICTURE = 200_000


def panel_texts() -> dict[str, set[str]]:
    """Texts and titles of the ``.ui`` file by widget class, column heads under ``column``."""
    found: dict[str, set[str]] = {}
    tree = ElementTree.parse(ROOT / "Resources" / "UI" / "GastricDiff.ui")
    for element in tree.iter():
        for name in ("text", "title"):
            text = element.findtext(f"property[@name='{name}']/string")
            if text:
                found.setdefault(element.get("class", element.tag), set()).add(text)
    return found


def bold() -> set[str]:
    """Short bold texts of the tutorial, without paths through menus."""
    texts = re.findall(r"\*\*([^*\n]+)\*\*", TUTORIAL.read_text(encoding="utf-8"))
    return {text for text in texts if "→" not in text and len(text) < 30}


def test_every_name_in_the_tutorial_is_one_of_the_panels():
    labels = {declared.setting.label for declared in SETTINGS.values()}  # of training
    assert bold() - SLICERS - CHANGED <= labels.union(*panel_texts().values())
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "GastricDiffLib" / "desktop").glob("*_panel.py")
    )
    for text in CHANGED:
        assert f'_("{text}")' in code


def test_every_button_and_section_of_the_panel_is_in_the_tutorial():
    texts = panel_texts()
    assert texts["QPushButton"] | texts["ctkCollapsibleButton"] <= bold()


def test_the_tutorials_pictures_are_there_and_small():
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", TUTORIAL.read_text(encoding="utf-8"))
    assert pictures
    for name in pictures:
        file = (TUTORIAL.parent / name).resolve()
        assert file.is_file(), name
        assert file.stat().st_size <= LARGEST_PICTURE, name
