"""The entry for the Slicer Extensions Index, and whether all files state the same of the project.

The rules are those of the catalogue entry's schema, version 1.0.2
(``Schemas/slicer-extension-catalog-entry-schema-v1.0.2.json`` in Slicer's repository), and of the
checks that the index runs on a new entry (``scripts/check_description_files.py`` in
Slicer/ExtensionsIndex).
"""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path

import pytest
from extension_build import ROOT, read_s4ext, tracked_files

import GastricDiffLib

SCHEMA = (
    "https://raw.githubusercontent.com/Slicer/Slicer/main/Schemas/"
    "slicer-extension-catalog-entry-schema-v1.0.2.json#"
)
REQUIRED = {"$schema", "category", "scm_url"}
TYPES = {
    "$schema": str,
    "category": str,
    "scm_url": str,
    "scm_revision": str,
    "scm_type": str,
    "build_dependencies": list,
    "dicom_support_rule": str,
    "build_subdirectory": str,
    "enabled": bool,
    "tier": int,
}
"""Every key that an entry may have."""

LARGEST_REPOSITORY = 100 * 2**20
"""The index refuses a clone of more bytes; the history takes its part of them."""


@pytest.fixture(scope="module")
def entry() -> dict:
    return json.loads((ROOT / "GastricDiff.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def cmake_text() -> str:
    return (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def metadata(cmake_text) -> dict[str, str]:
    """EXTENSION_* of CMakeLists.txt, read as the index reads them: one quoted text each."""
    return dict(re.findall(r'set\(EXTENSION_(\w+) "([^"]+)"\)', cmake_text))


def test_the_entry_obeys_the_current_schema(entry):
    assert entry["$schema"] == SCHEMA
    assert entry.keys() >= REQUIRED
    assert entry.keys() <= TYPES.keys()
    for key, value in entry.items():
        assert type(value) is TYPES[key], key
    assert all(isinstance(name, str) for name in entry["build_dependencies"])
    assert 1 <= entry["tier"] <= 5


def test_the_entry_passes_the_indexs_checks_of_names(entry, cmake_text):
    assert not entry["scm_url"].endswith("/")
    scheme, _, path = entry["scm_url"].partition("://")
    assert scheme == "https"
    repository = path.rpartition("/")[2].removesuffix(".git")
    project = re.search(r"project\s*\(\s*([^\s)]+)", cmake_text)
    assert project is not None
    assert project[1] == "GastricDiff"  # the entry's file name
    assert repository == f"Slicer{project[1]}"
    for name in ("GastricDiff.json", "GastricDiff.s4ext"):
        assert b"\r" not in (ROOT / name).read_bytes()


def test_the_checkout_is_small_enough_for_the_index():
    assert sum((ROOT / name).stat().st_size for name in tracked_files()) < LARGEST_REPOSITORY / 2


def test_entry_description_file_and_cmake_say_the_same(entry, metadata):
    kept = read_s4ext(ROOT / "GastricDiff.s4ext")
    assert kept["scm"] == "git"
    assert kept["scmurl"] == entry["scm_url"]
    assert kept["scmrevision"] == entry["scm_revision"]
    assert kept["depends"].split() == entry["build_dependencies"]
    assert kept["build_subdirectory"] == entry["build_subdirectory"]
    assert kept["category"] == entry["category"]
    assert kept["tier"] == str(entry["tier"])
    for key in ("depends", "homepage", "contributors", "iconurl", "description", "screenshoturls"):
        assert kept[key] == metadata[key.upper()], key
    assert metadata["HOMEPAGE"] == entry["scm_url"].removesuffix(".git")


def test_icon_and_screenshots_are_pictures_of_the_repository(entry, metadata):
    site = metadata["HOMEPAGE"].replace("//github.com/", "//raw.githubusercontent.com/")
    raw = f"{site}/{entry['scm_revision']}/"
    tracked = tracked_files()
    urls = [metadata["ICONURL"], *metadata["SCREENSHOTURLS"].split()]
    sizes = []
    for url in urls:
        assert url.startswith(raw)
        assert url.removeprefix(raw) in tracked
        sizes.append(png_size(ROOT / url.removeprefix(raw)))
    assert len(urls) >= 2
    assert sizes[0] == (128, 128)  # what the extension manager shows


def test_no_description_is_lost_on_the_way_into_the_package(metadata):
    text = metadata["DESCRIPTION"]
    assert ";" not in text  # CMake would end the text there
    assert 1 <= len(re.findall(r"[.!?](?= |$)", text)) <= 2
    assert "Research use only" in text


def test_all_files_agree_on_name_version_licence_and_address(entry, metadata):
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(r"^title: (.+)$", citation, re.M)[1] == "GastricDiff"
    assert readme.startswith("# GastricDiff\n")
    # pyproject takes the version from the package.
    assert 'attr = "GastricDiffLib.__version__"' in project
    assert re.search(r"^version: (.+)$", citation, re.M)[1] == GastricDiffLib.__version__
    assert re.search(r"^license: (.+)$", citation, re.M)[1] == "Apache-2.0"
    assert re.search(r'^license = "(.+)"$', project, re.M)[1] == "Apache-2.0"
    assert "Apache-2.0 (`LICENSE.txt`)" in readme
    assert "Apache License" in (ROOT / "LICENSE.txt").read_text(encoding="utf-8")
    assert f"name: {metadata['CONTRIBUTORS']}" in citation
    for text in (citation, readme):
        assert "Research use only" in text
    for text in (citation, project, readme):
        named = re.findall(r"https://github\.com/[\w-]+/[\w-]+", text)
        assert {url for url in named if "GastricDiff" in url} <= {metadata["HOMEPAGE"]}


def png_size(file: Path) -> tuple[int, int]:
    """Width and height of a PNG file."""
    head = file.read_bytes()[:24]
    assert head.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", head[16:])
    return width, height
