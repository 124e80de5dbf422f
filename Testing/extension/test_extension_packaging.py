"""The Slicer extension, configured, built and installed from a clean checkout."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from extension_build import (
    BUNDLE,
    MODULE,
    MODULES,
    ROOT,
    SHARE,
    Extension,
    build_extension,
    files_below,
    make_checkout,
    read_s4ext,
    run_cmake,
    run_python,
    tracked_files,
)

SCENARIOS = "Testing/desktop/scenarios.py"
"""What the module's own test plays: shipped where the extension is built with its tests."""

NOT_SHIPPED = re.compile(r"Resources/Screenshots/|Resources/.*\.py$|.*CMakeLists\.txt$")
"""Tracked beside what ships: pictures of the README, the icon's drawing, CMake's own files."""

LOOK = """
import json, sys, unittest
sys.path.append(sys.argv[2])  # the stand-in for Slicer's desktop, and nothing else of the checkout
from slicer_standin import open_module
with open_module(sys.argv[1] + "/GastricDiff.py") as desktop:
    from GastricDiffLib import resources
    shown = desktop.ui("classifyButton").text
    module = sys.modules["GastricDiff"]
    try:
        scenarios = module.load_scenarios()
        found = [scenarios.__file__, *(each.__name__ for each in scenarios.SCENARIOS)]
    except unittest.SkipTest as skipped:
        found = [str(skipped)]
    loaded = [str(module.__file__) for name, module in sys.modules.items()
              if name.partition(".")[0] in ("GastricDiff", "GastricDiffLib")]
    model = str(resources.demo_model())
print(json.dumps({"loaded": loaded, "model": model, "shown": shown, "scenarios": found}))
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    return make_checkout(tmp_path_factory.mktemp("checkout"))


@pytest.fixture(scope="module")
def extension(checkout, tmp_path_factory) -> Extension:
    return build_extension(checkout, tmp_path_factory.mktemp("extension"))


def should_ship() -> set[str]:
    """Every tracked file of module, library and resources, and the test, as they lie installed."""
    files = {MODULE.partition("/")[2], SCENARIOS}
    for name in tracked_files():
        folder, _, rest = name.partition("/")
        if folder in ("GastricDiff", "GastricDiffLib", "Resources") and not NOT_SHIPPED.match(name):
            files.add(rest if folder == "GastricDiff" else name)
    return files


def test_exactly_the_tracked_files_are_built_and_installed(extension):
    wanted = should_ship()
    assert "GastricDiffLib/cli/main.py" in wanted
    assert "Resources/Models/phantom-only-demo.safetensors" in wanted
    assert files_below(extension.build / MODULES) == wanted
    assert files_below(extension.package / MODULES) == wanted
    assert files_below(extension.package / SHARE) == {
        "GastricDiff.s4ext",
        "GastricDiff/LICENSE.txt",
    }


def test_installed_files_are_the_checkouts_own(extension):
    for name in should_ship() - {"GastricDiff.py"}:
        assert digest(extension.package / MODULES / name) == digest(extension.checkout / name)


def test_a_package_for_macos_keeps_everything_below_its_own_folder(checkout, tmp_path):
    bundled = build_extension(checkout, tmp_path, "-DSTANDIN_BUNDLE=ON")
    assert files_below(bundled.package / MODULES) == should_ship()
    assert all(name.startswith(f"{BUNDLE.as_posix()}/") for name in files_below(bundled.prefix))


@pytest.mark.parametrize("layout", ["source", "build", "installed"])
def test_the_module_opens_and_finds_library_panel_and_demo_model(extension, layout, tmp_path):
    module, root = {
        "source": (extension.checkout / "GastricDiff", extension.checkout),
        "build": (extension.build / MODULES, extension.build / MODULES),
        "installed": (extension.package / MODULES, extension.package / MODULES),
    }[layout]
    testing = ROOT / "Testing"
    found = json.loads(run_python("-c", LOOK, module, testing, path=tmp_path, cwd=tmp_path))
    assert "Classify" in found["shown"]
    assert Path(found["model"]).parents[2] == root
    assert len(found["loaded"]) >= 3
    file, *names = found["scenarios"]
    assert Path(file) == root / SCENARIOS
    assert names == ["radiologist", "coordinator", "researcher"]
    for file in found["loaded"]:
        assert Path(file).is_relative_to(root)
        assert not Path(file).is_relative_to(ROOT)


def test_a_package_without_tests_has_no_scenarios_and_its_test_is_skipped_in_one_line(
    checkout, tmp_path
):
    without = build_extension(checkout, tmp_path, "-DBUILD_TESTING=OFF")
    assert files_below(without.package / MODULES) == should_ship() - {SCENARIOS}
    modules, testing = without.package / MODULES, ROOT / "Testing"
    found = json.loads(run_python("-c", LOOK, modules, testing, path=tmp_path, cwd=tmp_path))
    (line,) = found["scenarios"]
    assert line.startswith("GastricDiff was packaged without its tests: ")
    assert "\n" not in line


def test_the_installed_library_reads_the_installed_model(extension, tmp_path):
    modules = extension.package / MODULES
    model = modules / "Resources" / "Models" / "phantom-only-demo.safetensors"
    card = run_python("-m", "GastricDiffLib", "info", model, path=modules, cwd=tmp_path)
    assert "phantom" in card


def test_a_new_file_is_packaged_without_a_word_to_cmake(checkout, tmp_path):
    new = {"GastricDiffLib/new_package/__init__.py", "GastricDiffLib/new_package/page.html"}
    junk = {"GastricDiffLib/new_package/__pycache__/a.pyc", "GastricDiffLib/new_package/.hidden"}
    copy = make_checkout(tmp_path / "checkout")
    extension = build_extension(copy, tmp_path)
    before = files_below(extension.package / MODULES)
    for name in new | junk:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text("# new\n")
    extension.make()
    assert files_below(extension.package / MODULES) - before == new


def test_slicer_learns_of_the_modules_tests(extension):
    listed = json.loads(
        run_cmake("--test-dir", extension.build, "--show-only=json-v1", tool="ctest")
    )
    assert {test["name"] for test in listed["tests"]} == {
        "py_GastricDiff",
        "py_nomainwindow_qSlicerGastricDiffModuleGenericTest",
    }


def test_the_written_description_is_the_one_in_the_repository(extension):
    written = read_s4ext(extension.package / SHARE / "GastricDiff.s4ext")
    kept = read_s4ext(ROOT / "GastricDiff.s4ext")
    # The catalogue entry brings the category; see GastricDiff.json.
    assert {**written, "category": kept["category"]}.items() <= kept.items()


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
