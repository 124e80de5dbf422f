"""Networks of the paper: AT-GEN, ResNeXt-50, the dual-path head, the systems by name."""

from GastricDiffLib.nets.attention import attention_map
from GastricDiffLib.nets.systems import SYSTEMS, build_system

__all__ = ["SYSTEMS", "attention_map", "build_system"]
