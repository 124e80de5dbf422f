"""What Slicer's Python sees, looked up by class: the data that the stand-in is generated from."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
PYTHONQT = frozenset({"className", "connect", "delete", "disconnect", "help", "inherits", "name"})
"""What PythonQt itself adds to every QObject."""


@cache
def _slicer() -> dict[str, Any]:
    return json.loads((DATA / "slicer.json").read_text("utf-8"))


@cache
def _qt() -> dict[str, Any]:
    return json.loads((DATA / "qt.json").read_text("utf-8"))


def slicer_classes() -> dict[str, Any]:
    """Class name → base, properties, signals, slots, invokables, attributes seen at run time."""
    return _slicer()["classes"]


def qt_classes() -> dict[str, Any]:
    """Class name → base, properties, signals, methods of Qt 5.15."""
    return _qt()["classes"]


def qt_names() -> frozenset[str]:
    """Every public name in the Qt modules that Slicer's ``qt`` gathers."""
    return frozenset(_qt()["names"])


def loadable_from_ui() -> frozenset[str]:
    """The widget classes that Slicer can create from a .ui file."""
    return frozenset(_slicer()["loadable_from_ui"])


def lineage(name: str) -> list[str]:
    """The class and its bases as far as the tables know them, most derived first."""
    names = []
    while name in slicer_classes() or name in qt_classes():
        names.append(name)
        entry = slicer_classes().get(name) or qt_classes()[name]
        # Table classes name a Qt base that is not wrapped: to Python it is a plain widget.
        name = "QWidget" if entry["base"] == "QVTKWidget" else entry["base"]
    return names


@cache
def properties(name: str) -> dict[str, dict[str, Any]]:
    """Property → its C++ type and whether it can be written, inherited ones included."""
    found: dict[str, dict[str, Any]] = {}
    for cls in reversed(lineage(name)):
        entry = slicer_classes().get(cls) or qt_classes()[cls]
        found.update(entry["properties"])
    # PythonQt leaves this one to isSingleShot and setSingleShot.
    if "QTimer" in lineage(name):
        del found["singleShot"]
    return found


@cache
def signals(name: str) -> dict[str, tuple[str, ...]]:
    """Signal → its overloads as normalised argument lists, the first one first."""
    found: dict[str, tuple[str, ...]] = {}
    for cls in reversed(lineage(name)):
        entry = slicer_classes().get(cls) or qt_classes()[cls]
        for signal, overloads in entry["signals"].items():
            found[signal] = tuple(
                ",".join(map(normalised, o)) if isinstance(o, list) else o for o in overloads
            )
    return found


@cache
def methods(name: str) -> frozenset[str]:
    """Slots and methods, inherited ones included."""
    found: set[str] = set()
    for cls in lineage(name):
        entry = slicer_classes().get(cls) or qt_classes()[cls]
        for kind in ("slots", "invokables", "methods"):
            found.update(entry.get(kind, ()))
    return frozenset(found)


@cache
def allowed(name: str) -> frozenset[str]:
    """Every attribute that Slicer's Python finds on an object of the class.

    Read off a running Slicer where that was done, else put together from what is declared.
    """
    entry = slicer_classes().get(name, {})
    declared = set(properties(name)) | set(signals(name)) | methods(name) | PYTHONQT
    if "QWidget" in lineage(name):
        declared |= set(_slicer()["qwidget"])
    if entry.get("attributes") is None:
        return frozenset(declared)
    return frozenset({*entry["attributes"], *_slicer()["qwidget"], "name"})


def normalised(argument: str) -> str:
    """An argument's type as Qt writes it in a signature: ``const QString&`` → ``QString``."""
    argument = argument.strip()
    if argument.startswith("const ") and argument.endswith("&"):
        argument = argument[6:-1]
    return argument.replace(" ", "") if argument.endswith(("*", "&")) else argument.strip()


def split_signature(signature: str) -> tuple[str, str | None]:
    """``"currentPathChanged(const QString&)"`` → name and normalised arguments.

    A name without brackets has None for arguments.
    """
    name, bracket, rest = signature.strip().lstrip("012").partition("(")
    if not bracket:
        return name, None
    arguments = rest.rstrip().removesuffix(")")
    return name.strip(), ",".join(normalised(a) for a in arguments.split(",")) if arguments else ""
