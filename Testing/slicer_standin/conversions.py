"""How PythonQt turns a Python value into the type of the property it is assigned to."""

from __future__ import annotations

import enum
import math
from typing import Any

_WHOLE = {"int", "uint", "long", "ulong", "qlonglong", "qulonglong", "short", "ushort"}


def converted(value: Any, kind: str) -> Any:
    """The value as the C++ type ``kind``; ValueError where PythonQt would refuse it."""
    if kind in _WHOLE:
        return _whole(value)
    if kind == "bool":
        return bool(_whole(value))
    if kind in ("double", "float", "qreal"):
        if isinstance(value, str) or not hasattr(value, "__float__"):
            raise ValueError(kind)
        return float(value)
    if kind == "QString":
        return str(value)
    if kind == "QStringList":
        if isinstance(value, str) or not hasattr(value, "__iter__"):
            raise ValueError(kind)
        return [str(entry) for entry in value]
    if kind == "enum" and not isinstance(value, (int, str, enum.Enum)):
        raise ValueError(kind)
    return value


def _whole(value: Any) -> int:
    if isinstance(value, float):
        return math.floor(value)
    if hasattr(value, "__index__"):
        return int(value)
    raise ValueError(type(value).__name__)
