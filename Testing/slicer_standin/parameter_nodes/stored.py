"""How the value of a parameter is written into a vtkMRMLScriptedModuleNode, as Slicer does it."""

from __future__ import annotations

import enum
import pathlib
import types
import typing
from typing import Any

from slicer_standin.parameter_nodes.annotations import IsInstance, NotNone, Validator

_PATHS = (
    pathlib.Path,
    pathlib.PosixPath,
    pathlib.WindowsPath,
    pathlib.PurePath,
    pathlib.PurePosixPath,
    pathlib.PureWindowsPath,
)


class Stored:
    """Reads and writes values of one type. ``checks`` run before each write."""

    def __init__(self, kind: Any, checks: list[Validator]) -> None:
        self.kind, self.checks = kind, checks

    def default(self) -> Any:
        return self.kind()

    def is_in(self, node: Any, name: str) -> bool:
        return bool(node.HasParameter(name))

    def write(self, node: Any, name: str, value: Any) -> None:
        for check in self.checks:
            check.validate(value)
        self.put(node, name, value)

    def put(self, node: Any, name: str, value: Any) -> None:
        node.SetParameter(name, str(value))

    def read(self, node: Any, name: str) -> Any:
        return self.kind(node.GetParameter(name))


class _Number(Stored):
    def default(self) -> Any:
        return 0


class _Bool(Stored):
    def put(self, node: Any, name: str, value: Any) -> None:
        node.SetParameter(name, "True" if value else "False")

    def read(self, node: Any, name: str) -> bool:
        return node.GetParameter(name) == "True"


class _Enum(Stored):
    def default(self) -> Any:
        return next(iter(self.kind))

    def put(self, node: Any, name: str, value: Any) -> None:
        node.SetParameter(name, value.name)

    def read(self, node: Any, name: str) -> Any:
        key = node.GetParameter(name)
        if key not in self.kind.__members__:
            raise ValueError(f"the parameter node holds {key!r}, which is no name in {self.kind}")
        return self.kind[key]


class _Node(Stored):
    """A node reference of the parameter's name; an empty parameter beside it marks it as set."""

    def default(self) -> Any:
        return None

    def put(self, node: Any, name: str, value: Any) -> None:
        node.SetParameter(name, "")
        node.SetNodeReferenceID(name, value.GetID() if value is not None else None)

    def read(self, node: Any, name: str) -> Any:
        return node.GetNodeReference(name)


def stored(kind: Any, checks: list[Validator]) -> Stored:
    """The way to store a type, with Slicer's own checks before those given.

    Raises
    ------
    TypeError
        for a type that is not modelled here
    """
    inner, optional = _without_none(kind)
    must: list[Validator] = [] if optional else [NotNone()]
    if is_node_class(inner):
        # A node may always be missing.
        return _Node(inner, [IsInstance(inner), *checks])
    if optional or not isinstance(inner, type):
        raise TypeError(f"parameters of type {kind} are not modelled by the stand-in")
    if inner in (int, float):
        right = (int, float) if inner is float else int
        return _Number(inner, [*must, IsInstance(right), *checks])
    if inner is bool:
        return _Bool(inner, [*must, IsInstance(bool), *checks])
    if issubclass(inner, enum.Enum):
        return _Enum(inner, [IsInstance(inner), *checks])
    if inner is str or inner in _PATHS:
        return Stored(inner, [*must, IsInstance(inner), *checks])
    raise TypeError(f"parameters of type {kind} are not modelled by the stand-in")


def is_node_class(kind: Any) -> bool:
    """Whether a type is that of MRML nodes."""
    import slicer

    return isinstance(kind, type) and issubclass(kind, slicer.vtkMRMLNode)


def _without_none(kind: Any) -> tuple[Any, bool]:
    """``X | None`` → X and True."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        members = [m for m in typing.get_args(kind) if m is not type(None)]
        if len(members) == 1:
            return members[0], True
    return kind, False
