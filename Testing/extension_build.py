"""Builds the Slicer extension out of a clean checkout, with a stand-in for Slicer's macros."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import cmake
import ninja
import pytest

ROOT = Path(__file__).resolve().parents[1]
STANDIN = ROOT / "Testing" / "cmake_standin"
MODULE = "GastricDiff/GastricDiff.py"
MODULES = Path("lib/Slicer-5.12/qt-scripted-modules")
SHARE = Path("share/Slicer-5.12")
BUNDLE = Path("Slicer.app/Contents/Extensions-33000/GastricDiff")
"""Where macOS keeps an installed extension, below the prefix."""


@dataclass(frozen=True)
class Extension:
    """The folders of one build; ``package`` is the extension's own folder below ``prefix``."""

    checkout: Path
    build: Path
    prefix: Path
    package: Path

    def make(self) -> None:
        """Build, then install."""
        run_cmake("--build", self.build)
        run_cmake("--install", self.build)


def tracked_files() -> list[str]:
    """Paths of the files that git knows, below the repository's root."""
    git = ["git", "-C", str(ROOT), "ls-files", "-z"]
    listed = subprocess.run(git, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip(f"the packaging is tested in a git checkout: {listed.stderr.strip()}")
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def make_checkout(folder: Path) -> Path:
    """Copy the tracked files: what a build machine of the Extensions Index would see."""
    for name in tracked_files():
        copy = folder / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, copy)
    return folder


def build_extension(checkout: Path, folder: Path, *options: str) -> Extension:
    """Configure, build and install a checkout; ``folder`` takes the build and the prefix."""
    build, prefix = folder / "build", folder / "installed"
    run_cmake(
        *("-S", checkout, "-B", build, "-G", "Ninja"),
        f"-DCMAKE_MAKE_PROGRAM={Path(ninja.BIN_DIR) / 'ninja'}",
        f"-DCMAKE_TOOLCHAIN_FILE={STANDIN / 'NoCompiler.cmake'}",
        f"-DCMAKE_INSTALL_PREFIX={prefix}",
        f"-DSlicer_DIR={STANDIN}",
        *options,
    )
    bundled = "-DSTANDIN_BUNDLE=ON" in options
    extension = Extension(checkout, build, prefix, prefix / BUNDLE if bundled else prefix)
    extension.make()
    return extension


def run_cmake(*arguments: object, tool: str = "cmake") -> str:
    """Run one of CMake's tools; return what it printed."""
    return run([Path(cmake.CMAKE_BIN_DIR) / tool, *arguments])


def run_python(*arguments: object, path: Path, cwd: Path) -> str:
    """Run this Python with ``path`` as its only PYTHONPATH; return what it printed."""
    return run([sys.executable, *arguments], cwd, {"PYTHONPATH": str(path), "PYTHONSAFEPATH": "1"})


def run(command: list[object], cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """Run a command; a failure shows everything that it printed."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def files_below(folder: Path) -> set[str]:
    """Paths of all files below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def read_s4ext(file: Path) -> dict[str, str]:
    """Read a description file: first word and rest of each line that is no comment."""
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line]
    pairs = (line.partition(" ") for line in lines if not line.startswith("#"))
    return {key: value.strip() for key, _, value in pairs}
