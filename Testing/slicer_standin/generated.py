"""Stand-ins for Slicer's and CTK's classes, generated from the tables.

A class that needs behaviour is written out and decorated with ``standin``; whatever else the
tables list for it is filled in: properties keep what they are given, setters set them, and a
method without behaviour raises that the stand-in does not model it. Nothing can be added: a public
name that Slicer lacks is an error.
"""

from __future__ import annotations

from typing import Any

from PySide6 import QtCore, QtWidgets

from slicer_standin import python_qt, signals, tables
from slicer_standin.enums import ENUMS

python_qt.apply()
CLASSES: dict[str, type] = {}
"""Every stand-in class made so far, by name."""
_DEFAULTS: dict[str, Any] = {"bool": False, "QString": "", "QStringList": [], "double": 0.0}


class Parts:
    """What every stand-in object has: values of its properties, and its own set-up."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._values: dict[str, Any] = {}
        for cls in reversed(type(self).__mro__):
            if "_set_up" in vars(cls):
                cls._set_up(self)

    def _keep(self, name: str, value: Any) -> None:
        """Keep a property's value, and signal a change where the class has a signal for that."""
        before, self._values[name] = self._get(name), value
        changed = f"{name}Changed"
        if before != value and changed in tables.signals(signals.table_name(self)):
            getattr(self, changed).emit(value)

    def _get(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        kind = tables.properties(signals.table_name(self))[name]["type"]
        return _DEFAULTS.get(kind, 0 if kind in ("int", "uint") else None)


def standin(cls: type) -> type:
    """Complete a class that has behaviour with all that the tables list for its name."""
    name = cls.__name__
    entry = tables.slicer_classes()[name]
    for key, number in ENUMS.get(name, {}).items():
        setattr(cls, key, number)
    _refuse_inventions(cls, name)
    for prop, about in entry["properties"].items():
        setattr(cls, prop, _property(cls, prop, about))
    for signal in entry["signals"]:
        setattr(cls, signal, signals.ForeignSignal(signal))
    for method in (*entry["slots"], *entry["invokables"]):
        # A mixin or Qt itself may have it already.
        written = any(method in vars(base) for base in cls.__mro__)
        if not written and method not in tables.properties(name):
            setattr(cls, method, _method(name, method))
    cls._standin_class = True
    CLASSES[name] = cls
    return cls


def standin_class(name: str) -> type:
    """The stand-in of that name, generated if nobody wrote it out.

    Raises
    ------
    KeyError
        when the tables do not have it
    """
    if name not in CLASSES:
        base = tables.slicer_classes()[name]["base"]
        if base in tables.slicer_classes():
            bases: tuple[type, ...] = (standin_class(base),)
        else:
            bases = (Parts, qt_class(base))
        standin(type(name, bases, {"__module__": __name__}))
    return CLASSES[name]


def qt_class(name: str) -> type:
    """A class of Qt; a plain widget for a base that Slicer does not wrap."""
    for module in (QtWidgets, QtCore):
        if hasattr(module, name):
            return getattr(module, name)
    return QtWidgets.QWidget


def _refuse_inventions(cls: type, name: str) -> None:
    invented = [
        key for key in vars(cls) if not key.startswith("_") and key not in tables.allowed(name)
    ]
    # Python classes may override what C++ calls.
    invented = [key for key in invented if not key.endswith(("Event", "staticMetaObject"))]
    if invented:
        raise TypeError(f"Slicer's {name} has no {', '.join(invented)}")


def _property(cls: type, name: str, about: dict[str, Any]) -> python_qt.Property:
    read = getattr(cls, f"_get_{name}", None) or (lambda self: self._get(name))
    write = getattr(cls, f"_set_{name}", None) or (lambda self, value: self._keep(name, value))
    return python_qt.Property(name, about["type"], about["writable"], read, write)


def _method(cls: str, name: str) -> Any:
    for prefix in ("set", "is"):
        prop = name[len(prefix) :][:1].lower() + name[len(prefix) + 1 :]
        if name.startswith(prefix) and prop in tables.properties(cls):
            if prefix == "set":
                return lambda self, value: setattr(self, prop, value)
            return lambda self: getattr(self, prop)

    def not_modelled(self: Any, *args: Any) -> None:
        raise NotImplementedError(
            f"{cls}.{name} is there in Slicer, but the stand-in gives it no behaviour: "
            "write it in Testing/slicer_standin/widgets"
        )

    return not_modelled
