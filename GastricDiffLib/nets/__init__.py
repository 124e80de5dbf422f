"""Networks of the paper: AT-GEN, backbones, the dual-path head, the eight systems by name."""

from GastricDiffLib.nets.attention import attention_map
from GastricDiffLib.nets.imagenet import load_imagenet
from GastricDiffLib.nets.systems import SYSTEMS, build_system

__all__ = ["SYSTEMS", "attention_map", "build_system", "load_imagenet"]
