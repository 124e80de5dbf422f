"""The module, open in the stand-in for Slicer's desktop."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

MODULE = Path(__file__).resolve().parents[2] / "GastricDiff" / "GastricDiff.py"


@pytest.fixture
def desktop():
    """Slicer with the module open and its sample data registered."""
    if find_spec("PySide6") is None:
        pytest.skip("PySide6 stands in for Slicer's windows: pip install GastricDiffLib[test]")
    from slicer_standin import open_module

    with open_module(MODULE) as opened:
        yield opened


@pytest.fixture
def work(desktop):
    """The helpers of the module's own self-test, loaded inside of that Slicer."""
    return sys.modules["GastricDiff"].load_scenarios()
