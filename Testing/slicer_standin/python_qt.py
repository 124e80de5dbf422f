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
from slicer_standin.conversions import converted

MODULES = (QtCore, QtGui, QtWidgets, QtNetwork, QtPrintSupport, QtSvg, QtXml)
_qt_property = QtCore.QObject.property
_qt_set_property = QtCore.QObject.setProperty


class Property:
    """A Qt property as an attribute."""

    def __init__(
        self,
        name: str,
        kind: str,
        writable: bool,
        read: Callable[[Any], Any],
        write: Callable[[Any, Any], None],
    ) -> None:
        self.name, self.kind, self.writable = name, kind, writable
        self.read, self.write = read, write

    def __get__(self, owner: Any, cls: type) -> Any:
        if owner is None:
            return self
        try:
            return self.read(owner)
        except AttributeError as error:
            # Else Python would take the attribute itself for missing.
            raise RuntimeError(f"reading {cls.__name__}.{self.name}: {error}") from error

    def __set__(self, owner: Any, value: Any) -> None:
        cls = type(owner).__name__
        if not self.writable:
            raise AttributeError(f"Property '{self.name}' of {cls} object is not writable")
        try:
            right = converted(value, self.kind)
        except ValueError:
            raise AttributeError(
                f"Property '{self.name}' of type '{self.kind}' does not accept an object of type "
                f"{type(value).__name__} ({value!r})"
            ) from None
        self.write(owner, right)


class Refused:
    """A name that PySide6 has and Slicer's Qt has not."""

    def __init__(self, name: str, original: Any) -> None:
        self.name, self.original = name, original

    def __get__(self, owner: Any, cls: type) -> Any:
        if owner is not None and self.name not in tables.allowed(signals.table_name(owner)):
            raise AttributeError(_missing(owner, self.name))
        return self.original if owner is None else self.original.__get__(owner, cls)


def apply() -> None:
    """Change PySide6's classes; does nothing the second time."""
    if "_standin" in vars(QtCore.QObject):
        return
    classes = [cls for cls in _all_classes() if cls.__name__ in tables.qt_classes()]
    originals = {cls: _originals(cls) for cls in classes}
    for cls, (properties, foreign, refused) in originals.items():
        for name, entry in properties.items():
            setattr(cls, name, entry)
        for name in foreign:
            setattr(cls, name, signals.ForeignSignal(name))
        for name in refused:
            setattr(cls, name, Refused(name, vars(cls)[name]))
    for cls in _all_classes():
        if "__setattr__" in vars(cls) or cls is QtCore.QObject:
            cls.__setattr__ = _set_attribute  # type: ignore[method-assign, assignment]
    base: Any = QtCore.QObject
    base.__getattr__ = _get_attribute
    base.name = Property("name", "QString", True, _object_name, QtCore.QObject.setObjectName)
    # PySide looks these two up past the class.
    look_up = base.__getattribute__
    base.__getattribute__ = lambda self, name: (
        _CONNECTING[name].__get__(self) if name in _CONNECTING else look_up(self, name)
    )
    base.className = signals.table_name
    base.property, base.setProperty = _property, _set_property
    base.findChild, base.findChildren = _find_child, _find_children
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
        prop: _property_of(cls, prop, entry["type"], entry["writable"])
        for prop, entry in tables.properties(name).items()
        if prop in own or prop in vars(cls)
    }
    foreign, refused = [], []
    for key, value in vars(cls).items():
        if key.startswith("_") or key in properties:
            continue
        if type(value) is QtCore.Signal and key in tables.signals(name):
            foreign.append(key)
        elif key.rstrip("_") not in _spoken(name) and key != "staticMetaObject":
            refused.append(key)
    return properties, foreign, refused


@cache
def _spoken(name: str) -> frozenset[str]:
    return frozenset(key.rstrip("_") for key in tables.allowed(name))


def _property_of(cls: type, name: str, kind: str, writable: bool) -> Property:
    capital = name[0].upper() + name[1:]
    getter = next(
        (
            vars(base)[key]
            for key in (name, f"is{capital}", f"has{capital}")
            for base in cls.__mro__
            if callable(getattr(base, key, None)) and key in vars(base)
        ),
        None,
    )
    setter = f"set{capital}"

    def read(owner: Any) -> Any:
        if getter is None:
            return _qt_property(owner, name)
        return getter.__get__(owner, type(owner))()

    def write(owner: Any, value: Any) -> None:
        # Through the object: a Python class may override the setter.
        method = getattr(owner, setter, None)
        if method is None:
            _qt_set_property(owner, name, value)
        else:
            method(value)

    return Property(name, kind, writable, read, write)


def _object_name(owner: QtCore.QObject) -> str:
    return _qt_property(owner, "objectName")


def _missing(owner: object, name: str) -> str:
    return f"{signals.table_name(owner)} has no attribute named '{name}'"


def _get_attribute(self: QtCore.QObject, name: str) -> Any:
    """What PythonQt tries after an object's members: dynamic properties, ``exec_``, children."""
    if name.startswith("_"):
        raise AttributeError(_missing(self, name))
    value = _qt_property(self, name)
    if value is not None and name in _dynamic_properties(self):
        return value
    if name.endswith("_") and not name.endswith("__"):
        return getattr(self, name[:-1])
    for child in QtCore.QObject.children(self):
        if _object_name(child) == name:
            return child
    raise AttributeError(_missing(self, name))


def _dynamic_properties(owner: QtCore.QObject) -> list[str]:
    return [bytes(name.data()).decode() for name in QtCore.QObject.dynamicPropertyNames(owner)]


def _set_attribute(self: QtCore.QObject, name: str, value: Any) -> None:
    """Set a property; a new attribute only on objects of Python's own classes."""
    if name.startswith("_"):
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
        _qt_set_property(self, name, value)
    elif not _is_foreign(type(self)):
        self.__dict__[name] = value
    elif QtCore.QObject.findChild is not _find_child or not _is_child(value, name):
        raise AttributeError(
            f"'{name}' does not exist on {type(self).__name__} and creating new attributes on "
            "C++ objects is not allowed"
        )


def _is_child(value: Any, name: str) -> bool:
    """Whether this is PySide's own loader, which leaves each widget as attribute of the top one."""
    return isinstance(value, QtCore.QObject) and _object_name(value) == name


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

    __hash__ = None  # type: ignore[assignment]


def _property(self: QtCore.QObject, name: str) -> Any:
    """``widget.property("text")``, also for the properties of Slicer's own classes."""
    member = getattr(type(self), name, None)
    return member.read(self) if isinstance(member, Property) else _qt_property(self, name)


def _set_property(self: QtCore.QObject, name: str, value: Any) -> bool:
    if isinstance(getattr(type(self), name, None), Property):
        setattr(self, name, value)
        return True
    return _qt_set_property(self, name, value)


def _find_children(self: QtCore.QObject, kind: Any, name: str | None = None) -> list[Any]:
    """Children at any depth of a class or of a class's name."""
    found: list[Any] = []
    for child in QtCore.QObject.children(self):
        named = name is None or _object_name(child) == name
        if named and (
            any(cls.__name__ == kind for cls in type(child).__mro__)
            if isinstance(kind, str)
            else isinstance(child, kind)
        ):
            found.append(child)
        found += _find_children(child, kind, name)
    return found


def _find_child(self: QtCore.QObject, kind: Any, name: str | None = None) -> Any:
    """The first of ``findChildren``, or None."""
    return next(iter(_find_children(self, kind, name)), None)
