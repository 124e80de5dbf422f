"""A CT of noise: as slow to classify as any other, and made in a moment."""

from __future__ import annotations

import numpy as np

from GastricDiffLib.ct import BoxROI, CTVolume

SIZE = 224
WINDOW = (-1024.0, 500.0)


def noise_volume(count: int) -> tuple[CTVolume, BoxROI]:
    """A CT of 512×512 pixels, HU at random, and a box that cuts all its slices."""
    hu = np.random.default_rng(0).integers(-1000, 400, (count, 512, 512)).astype(np.int16)
    volume = CTVolume.from_array(hu, np.diag([0.8, 0.8, 2.0, 1.0]))
    middle = np.array([256 * 0.8, 256 * 0.8, count])
    return volume, BoxROI(middle, np.eye(3), np.array([80.0, 80.0, 2.0 * count]), "all slices")
