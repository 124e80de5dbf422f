"""Signals as in PythonQt: ``button.clicked.connect(f)``, ``button.connect("clicked()", f)``.

A callback gets as many of the signal's arguments as it takes, as in PythonQt: a plain function or
method its positional ones (those with a default count), anything else all of them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

from PySide6 import QtCore

from slicer_standin import faults, tables

qt_connect = QtCore.QObject.connect
qt_disconnect = QtCore.QObject.disconnect
qt_emit = QtCore.QObject.emit


class Signal:
    """A signal of an object, bound. ``arguments`` is one overload, ``"int"`` or ``"bool,int"``."""

    def __init__(self, owner: QtCore.QObject, name: str, arguments: str) -> None:
        self.owner, self.name, self.arguments = owner, name, arguments
        self.signature = f"{name}({arguments})"
        self.own = is_standin_signal(owner, name)

    def connect(self, *callbacks: Callable[..., Any]) -> bool:
        """Call back whenever the signal is emitted."""
        if len(callbacks) != 1:
            raise ValueError("Called connect with wrong number of arguments")
        (callback,) = callbacks
        if isinstance(callback, Signal):
            callback = callback.emit
        if not callable(callback):
            raise TypeError(f"{callback!r} cannot be called: not connected to {self.signature}")
        handler = _Handler(callback, self.arguments)
        if not self.own:
            qt_connect(self.owner, QtCore.SIGNAL(self.signature), handler.function)
        _handlers(self.owner).setdefault(self.signature, []).append(handler)
        return True

    def disconnect(self, *callbacks: Callable[..., Any]) -> bool:
        """Stop calling back; without a callback, stop all."""
        if len(callbacks) > 1:
            raise ValueError("Called disconnect with wrong number of arguments")
        handlers = _handlers(self.owner).get(self.signature, [])
        leaving = [h for h in handlers if not callbacks or h.callback == callbacks[0]]
        if callbacks:
            leaving = leaving[:1]
        for handler in leaving:
            handlers.remove(handler)
            if not self.own:
                qt_disconnect(self.owner, QtCore.SIGNAL(self.signature), handler.function)
        return bool(leaving)

    def emit(self, *args: Any) -> None:
        """Call everybody back."""
        if not self.own:
            qt_emit(self.owner, QtCore.SIGNAL(self.signature), *args)
        elif not self.owner.signalsBlocked():
            for handler in list(_handlers(self.owner).get(self.signature, [])):
                handler.call(*args)

    __call__ = emit

    def __repr__(self) -> str:
        return f"<qt signal {self.signature} of {type(self.owner).__name__}>"


class _Handler:
    """A callback, and the function that stands for it in Qt."""

    def __init__(self, callback: Callable[..., Any], arguments: str) -> None:
        self.callback = callback
        self.takes = _positional_arguments(callback)
        # PySide hands a function without arguments none, also where it cannot convert their types.
        bare = self.takes == 0 or not arguments
        self.function = (lambda: self.call()) if bare else (lambda *args: self.call(*args))

    def call(self, *args: Any) -> None:
        """Call back with as many of the arguments as the callback takes."""
        faults.guarded(self.callback, *args[: self.takes])


def _positional_arguments(callback: Callable[..., Any]) -> int | None:
    function = callback.__func__ if isinstance(callback, MethodType) else callback
    if not isinstance(function, FunctionType) or function.__code__.co_flags & inspect.CO_VARARGS:
        return None
    return function.__code__.co_argcount - isinstance(callback, MethodType)


def _handlers(owner: QtCore.QObject) -> dict[str, list[_Handler]]:
    return owner.__dict__.setdefault("_standin_handlers", {})


def table_name(owner: object) -> str:
    """The name under which the tables know an object's class."""
    return class_name(type(owner))


def class_name(cls: type) -> str:
    """The name of the nearest class that the tables know."""
    for base in cls.__mro__:
        if base.__name__ in tables.slicer_classes() or base.__name__ in tables.qt_classes():
            return base.__name__
    return cls.__name__


def is_standin_signal(owner: QtCore.QObject, name: str) -> bool:
    """Whether a signal is Slicer's or CTK's, so that no Qt signal is behind it."""
    return any(
        name in tables.slicer_classes()[cls]["signals"]
        for cls in tables.lineage(table_name(owner))
        if cls in tables.slicer_classes()
    )


def find_signal(owner: QtCore.QObject, signature: str) -> Signal:
    """The signal named ``"clicked()"``, ``"currentNodeChanged(vtkMRMLNode*)"`` or ``"clicked"``.

    Raises
    ------
    AttributeError
        when the class has no such signal, or not with such arguments
    """
    name, arguments = tables.split_signature(signature)
    cls = table_name(owner)
    overloads = tables.signals(cls).get(name)
    if overloads is None:
        raise AttributeError(f"{cls} has no signal '{name}'")
    if arguments is None:
        arguments = overloads[0]
    # clicked(bool checked = false) can be had as clicked() too.
    elif arguments not in overloads and not (arguments == "" and name in _WITH_DEFAULT):
        known = ", ".join(f"{name}({o})" for o in overloads)
        raise AttributeError(f"{cls} has no signal '{name}({arguments})', but {known}")
    return Signal(owner, name, arguments)


_WITH_DEFAULT = frozenset({"clicked", "triggered", "destroyed"})
"""Qt's signals whose only argument has a default."""


class ForeignSignal:
    """Stands in a class where PySide has its own signal object."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, owner: QtCore.QObject | None, cls: type) -> Any:
        return self if owner is None else find_signal(owner, self.name)

    def __set__(self, owner: QtCore.QObject, value: Any) -> None:
        raise AttributeError(
            f"Signal '{self.name}' can not be overwritten on {type(owner).__name__} object"
        )
