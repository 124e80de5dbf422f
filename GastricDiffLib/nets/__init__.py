"""Networks of the paper: AT-GEN, backbones, the dual-path head, the eight systems by name.

``SYSTEMS`` and what can be chosen by name need no torch; it is imported with the first function
that is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from GastricDiffLib.nets.systems import SYSTEMS, build_system

if TYPE_CHECKING:
    from GastricDiffLib.nets.attention import attention_map
    from GastricDiffLib.nets.imagenet import load_imagenet

__all__ = ["SYSTEMS", "attention_map", "build_system", "load_imagenet"]

_LATER = {"attention_map": "attention", "load_imagenet": "imagenet"}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
