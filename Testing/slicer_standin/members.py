"""What is put in the place of a PySide6 class's own members: properties, refusals."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from PySide6 import QtCore

from slicer_standin import signals, tables
from slicer_standin.conversions import converted

qt_property = QtCore.QObject.property
qt_set_property = QtCore.QObject.setProperty


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
            value = self.read(owner)
        except AttributeError as error:
            # Else Python would take the attribute itself for missing.
            raise RuntimeError(f"reading {cls.__name__}.{self.name}: {error}") from error
        # PythonQt has no other lists.
        return tuple(value) if isinstance(value, list) else value

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


REFUSED: dict[type, frozenset[str]] = {}
"""What each of PySide6's classes has that Slicer's Qt has not."""
CALLED_BY_QT = frozenset(
    {
        *("clearItemData", "createSourceIndex", "multiData", "skipData", "propertyChange"),
        *("handleEditorEvent", "initStyleOptionForIndex", "initViewItemOption", "paintingRoles"),
        *("itemDelegateForIndex", "closeEvent", "nativeEvent", "paintEvent", "resolveInterface"),
        *("drawItems", "extension", "setSizeConstraints"),
    }
)
"""Qt 6's virtual methods: it looks for them on every object, and they must not raise."""


@cache
def refused(cls: type) -> frozenset[str]:
    """The names of a class that only Qt 6 has. Python's own classes may use them for themselves."""
    found: set[str] = set()
    for base in cls.__mro__:
        later = cls.__mro__[: cls.__mro__.index(base)]
        for name in REFUSED.get(base, ()):
            if not any(name in vars(derived) for derived in later if derived not in REFUSED):
                found.add(name)
    return frozenset(found - tables.allowed(signals.class_name(cls)))


def property_of(cls: type, name: str, kind: str, writable: bool) -> Property:
    """A property read and written by the methods that PySide6 has for it."""
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
            return qt_property(owner, name)
        return getter.__get__(owner, type(owner))()

    def write(owner: Any, value: Any) -> None:
        # Through the object: a Python class may override the setter.
        method = getattr(owner, setter, None)
        if method is None:
            qt_set_property(owner, name, value)
        else:
            method(value)

    return Property(name, kind, writable, read, write)


def missing(owner: object, name: str) -> str:
    """The message of PythonQt for a name that an object does not have."""
    cls = signals.table_name(owner)
    if name in tables.allowed(cls):
        return f"{cls}.{name} is there in Slicer, but the stand-in lacks it"
    return f"{cls} has no attribute named '{name}'"
