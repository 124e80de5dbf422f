"""Arrays on a CT's input grid, brought to axial order and back without losing their type."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from GastricDiffLib.ct.grid import ScalarT, resample
from GastricDiffLib.ct.volume import CTVolume


def to_axial(array: NDArray[ScalarT], volume: CTVolume) -> NDArray[ScalarT]:
    """``array`` (K, J, I) on ``volume.grid`` as (S, H, W) on its axial grid.

    The inverse of ``CTVolume.to_input_grid``: a view unless the input was oblique, which is
    interpolated, 0 outside.
    """
    if not volume.grid.is_upright():
        return resample(np.asarray(array), volume.grid, volume.axial_grid, 0.0)
    return volume.grid.to_axial_order(array)


def input_hu(volume: CTVolume) -> NDArray[np.int16]:
    """The CT's HU, int16 (K, J, I), on ``volume.grid``.

    The input's own voxels, as a view, unless it was oblique: then the upright volume's,
    interpolated once more.
    """
    if not volume.grid.is_upright():
        return resample(volume.hu, volume.axial_grid, volume.grid, float(volume.hu.min()))
    return volume.grid.from_axial_order(volume.hu)
