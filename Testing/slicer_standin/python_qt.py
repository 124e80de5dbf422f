"""PySide6's classes made to answer as PythonQt's do in Slicer.

Qt properties become attributes, signals and slots can be connected by their text, a name that Qt
5.15 lacks is refused, and so is setting an attribute that an object has not. The classes are
changed in place, once and for the whole process: nothing else in it uses them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from PySide6 import QtCore, QtGui, QtNetwork, QtPrintSupport, QtSvg, QtWidgets, QtXml

from slicer_standin import signals, tables
from slicer_standin.members import (
    CALLED_BY_QT,
    REFUSED,
    Property,
    missing,
    property_of,
    qt_property,
    qt_set_property,
    refused,
)

MODULES = (QtCore, QtGui, QtWidgets, QtNetwork, QtPrintSupport, QtSvg, QtXml)
loading: list[str] = []
"""Not empty while PySide's own loader is at work, which sets each widget on the top one."""
_qt_children = QtCore.QObject.children


def apply() -> None:
    """Change PySide6's classes; does nothing the second time."""
    if "_standin" in vars(QtCore.QObject):
        return
    classes = [cls for cls in _all_classes() if cls.__name__ in tables.qt_classes()]
    originals = {cls: _originals(cls) for cls in classes}
    for cls, (properties, foreign, only_qt_6) in originals.items():
        REFUSED[cls] = frozenset(only_qt_6) - CALLED_BY_QT
        for name, entry in properties.items():
            setattr(cls, name, entry)
        for name in foreign:
            setattr(cls, name, signals.ForeignSignal(name))
    for cls in _all_classes():
        if "__setattr__" in vars(cls) or cls is QtCore.QObject:
            cls.__setattr__ = _set_attribute
    base: Any = QtCore.QObject
    base.__getattr__ = _get_attribute
    base.name = Property("name", "QString", True, _object_name, QtCore.QObject.setObjectName)
    look_up = base.__getattribute__
    base.__getattribute__ = lambda self, name: _look_up(self, name, look_up)
    base.className = signals.table_name
    base.property, base.setProperty = _property, _set_property
    base.findChild, base.findChildren = _find_child, _find_children
    base.children = _children
    base.delete = QtCore.QObject.deleteLater
    base._standin = True


@cache
def _all_classes() -> tuple[type, ...]:
    """Every QObject class of the modules. Touching each makes PySide create it."""
    found = {QtCore.QObject: None}
    for module in MODULES:
        for name in dir(module):
            cls = getattr(module, name, None)
            if isinstance(cls, type) and issubclass(cls, QtCore.QObject):
                found.update(dict.fromkeys(c for c in cls.__mro__ if c.__module__[:7] == "PySide6"))
    return tuple(c for c in found if issubclass(c, QtCore.QObject))


def _originals(cls: type) -> tuple[dict[str, Property], list[str], list[str]]:
    """What to put in place on the class: properties, signals, refused names."""
    name = cls.__name__
    own = tables.qt_classes()[name]["properties"]
    properties = {
        prop: property_of(cls, prop, entry["type"], entry["writable"])
        for prop, entry in tables.properties(name).items()
        if prop in own or prop in vars(cls)
    }
    foreign, only_qt_6 = [], []
    for key, value in vars(cls).items():
        if key.startswith("_") or key in properties:
            continue
        if type(value) is QtCore.Signal and key in tables.signals(name):
            foreign.append(key)
        elif key.rstrip("_") not in _spoken(name) and key != "staticMetaObject":
            only_qt_6.append(key)
    return properties, foreign, only_qt_6


@cache
def _spoken(name: str) -> frozenset[str]:
    return frozenset(key.rstrip("_") for key in tables.allowed(name))


def _object_name(owner: QtCore.QObject) -> str:
    return qt_property(owner, "objectName")


def _look_up(self: QtCore.QObject, name: str, usual: Callable[[Any, str], Any]) -> Any:
    if name in _CONNECTING:
        # PySide looks these two up past the class.
        return _CONNECTING[name].__get__(self)
    if not name.startswith("_") and name in refused(type(self)):
        own = self.__dict__.get(name)
        if own is None or _is_pysides(own):
            raise AttributeError(missing(self, name))
        return own
    return usual(self, name)


def _is_pysides(value: Any) -> bool:
    """Whether this is what PySide itself keeps on an object: bound signals and slots."""
    return type(value).__name__ in ("SignalInstance", "MetaFunction")


def _get_attribute(self: QtCore.QObject, name: str) -> Any:
    """What PythonQt tries after an object's members: dynamic properties, ``exec_``, children."""
    if name.startswith("_"):
        raise AttributeError(missing(self, name))
    value = qt_property(self, name)
    if value is not None and name in _dynamic_properties(self):
        return value
    # An enum's value, which PySide finds on the class alone.
    on_class = getattr(type(self), name, None) if name[0].isupper() else None
    if on_class is not None:
        return on_class
    if name.endswith("_") and not name.endswith("__"):
        return getattr(self, name[:-1])
    for child in _qt_children(self):
        if _object_name(child) == name:
            return child
    raise AttributeError(missing(self, name))


def _dynamic_properties(owner: QtCore.QObject) -> list[str]:
    return [bytes(name.data()).decode() for name in QtCore.QObject.dynamicPropertyNames(owner)]


def _set_attribute(self: QtCore.QObject, name: str, value: Any) -> None:
    """Set a property; a new attribute only on objects of Python's own classes."""
    if name.startswith("_") or _is_pysides(value):
        self.__dict__[name] = value
        return
    for cls in type(self).__mro__:
        if name in vars(cls):
            member = vars(cls)[name]
            if isinstance(member, (Property, property)):
                member.__set__(self, value)
                return
            if _is_foreign(cls):
                kind = "Signal" if isinstance(member, signals.ForeignSignal) else "Slot"
                raise AttributeError(
                    f"{kind} '{name}' can not be overwritten on {type(self).__name__} object"
                )
            break
    if name in _dynamic_properties(self):
        qt_set_property(self, name, value)
    elif not _is_foreign(type(self)):
        self.__dict__[name] = value
    elif not loading:
        raise AttributeError(
            f"'{name}' does not exist on {type(self).__name__} and creating new attributes on "
            "C++ objects is not allowed"
        )


def _is_foreign(cls: type) -> bool:
    """Whether a class stands for one of C++."""
    return cls.__module__.startswith("PySide6") or "_standin_class" in vars(cls)


def _connect(self: QtCore.QObject, signal: str, receiver: Any, slot: str | None = None) -> bool:
    """``connect("clicked()", f)`` and ``connect("toggled(bool)", other, "setEnabled(bool)")``."""
    return signals.find_signal(self, signal).connect(_callback(receiver, slot))


def _disconnect(
    self: QtCore.QObject, signal: str, receiver: Any = None, slot: str | None = None
) -> bool:
    found = signals.find_signal(self, signal)
    return found.disconnect() if receiver is None else found.disconnect(_callback(receiver, slot))


def _callback(receiver: Any, slot: str | None) -> Callable[..., Any]:
    if slot is None:
        return receiver
    name, arguments = tables.split_signature(slot)
    if name not in tables.methods(signals.table_name(receiver)):
        raise AttributeError(f"{signals.table_name(receiver)} has no slot '{slot}'")
    method = getattr(receiver, name)
    return _Slot(method, 0 if arguments == "" else None)


_CONNECTING = {"connect": _connect, "disconnect": _disconnect}


class _Slot:
    """A slot named by text; two of the same object and method are the same."""

    def __init__(self, method: Callable[..., Any], takes: int | None) -> None:
        self.method, self.takes = method, takes

    def __call__(self, *args: Any) -> None:
        self.method(*args[: self.takes])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Slot) and other.method == self.method

    __hash__ = None


def _property(self: QtCore.QObject, name: str) -> Any:
    """``widget.property("text")``, also for the properties of Slicer's own classes."""
    member = getattr(type(self), name, None)
    return member.read(self) if isinstance(member, Property) else qt_property(self, name)


def _set_property(self: QtCore.QObject, name: str, value: Any) -> bool:
    if isinstance(getattr(type(self), name, None), Property):
        setattr(self, name, value)
        return True
    return qt_set_property(self, name, value)


def _children(self: QtCore.QObject) -> tuple[Any, ...]:
    return tuple(_qt_children(self))


def _find_children(self: QtCore.QObject, kind: Any, name: str | None = None) -> tuple[Any, ...]:
    """Children at any depth of a class or of a class's name."""
    found: list[Any] = []
    for child in _qt_children(self):
        named = name is None or _object_name(child) == name
        if named and (
            any(cls.__name__ == kind for cls in type(child).__mro__)
            if isinstance(kind, str)
            else isinstance(child, kind)
        ):
            found.append(child)
        found += _find_children(child, kind, name)
    return tuple(found)


def _find_child(self: QtCore.QObject, kind: Any, name: str | None = None) -> Any:
    """The first of ``findChildren``, or None."""
    return next(iter(_find_children(self, kind, name)), None)
