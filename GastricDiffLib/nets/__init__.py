"""Networks of the paper: AT-GEN, backbones, the dual-path head, the eight systems by name.

``SYSTEMS`` and what can be chosen by name need no torch; it is imported with the first function
that is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from GastricDiffLib.nets.systems import SYSTEMS, build_system

if TYPE_CHECKING:
    from GastricDiffLib.nets.attention import attention_map

__all__ = ["SYSTEMS", "attention_map", "build_system"]


def __getattr__(name: str) -> Any:
    if name == "attention_map":
        from GastricDiffLib.nets.attention import attention_map

        return attention_map
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
