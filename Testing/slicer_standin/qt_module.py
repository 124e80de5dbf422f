"""``qt`` and ``ctk`` as Slicer's Python imports them."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

from slicer_standin import dialogs, tables, ui_loader
from slicer_standin.generated import standin_class
from slicer_standin.python_qt import MODULES

_ALSO = ("Signal", "Slot", "Property")


class _Qt(ModuleType):
    """Every name of Slicer's Qt modules under one roof."""

    QUiLoader = ui_loader.QUiLoader

    def __getattr__(self, name: str) -> Any:
        if name in tables.qt_names() or name in _ALSO:
            for module in MODULES:
                if hasattr(module, name):
                    return getattr(module, name)
        raise AttributeError(f"module 'qt' has no attribute '{name}'")


class _Ctk(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("ctk") and name in tables.slicer_classes():
            return standin_class(name)
        raise AttributeError(
            f"module 'ctk' has no attribute '{name}' (or its class is missing in "
            "data/slicer_classes.txt of the stand-in)"
        )


@cache
def make_qt() -> ModuleType:
    """The module ``qt``, always the same one."""
    dialogs.apply()
    return _Qt("qt")


@cache
def make_ctk() -> ModuleType:
    """The module ``ctk``, always the same one."""
    return _Ctk("ctk")
