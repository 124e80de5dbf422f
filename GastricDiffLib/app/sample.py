"""The sample case: a phantom made on this computer, always the same."""

from __future__ import annotations

from functools import lru_cache

from GastricDiffLib.phantom import make_case
from GastricDiffLib.scene.mrml import MRMLScene, VolumeNode
from GastricDiffLib.scene.nodes import add_volume

SEED = 900_001
"""Far from the seeds of the demo model's cohort."""


def add_phantom(scene: MRMLScene, label: int = 1) -> VolumeNode:
    """Add the phantom's CT to the scene; returns its volume node.

    ``label``: 1 has a differentiated tumour, 0 an undifferentiated one.
    """
    case = make_case(label, SEED)
    return add_volume(scene, case.volume, case.grid, "Phantom")


@lru_cache
def tumour_center() -> tuple[float, float, float]:
    """The middle of the sample's tumour, RAS in mm."""
    # Another spacing would be another phantom, its tumour elsewhere.
    left, posterior, superior = make_case(1, SEED).roi.center_lps
    return -float(left), -float(posterior), float(superior)
