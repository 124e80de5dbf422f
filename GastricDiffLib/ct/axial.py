"""Arrays on a CT's input grid, turned to axial order and back without losing their type."""

from __future__ import annotations

import numpy as np

from GastricDiffLib.ct import CTVolume
from GastricDiffLib.ct.grid import resample


def to_axial(array: np.ndarray, volume: CTVolume) -> np.ndarray:
    """``array`` (K, J, I) on ``volume.grid`` as (S, H, W) on its axial grid.

    The inverse of ``CTVolume.to_input_grid``: a view unless the input was oblique, which is
    interpolated, 0 outside.
    """
    if not volume.grid.is_upright():
        return resample(np.asarray(array), volume.grid, volume.axial_grid, 0.0)
    order, flips = _turn(volume)
    return array.transpose(order)[flips]


def input_hu(volume: CTVolume) -> np.ndarray:
    """The CT's HU, int16 (K, J, I), on ``volume.grid``.

    The input's own voxels, as a view, unless it was oblique: then the upright volume's,
    interpolated once more.
    """
    if not volume.grid.is_upright():
        return resample(volume.hu, volume.axial_grid, volume.grid, float(volume.hu.min()))
    order, flips = _turn(volume)
    return volume.hu[flips].transpose(np.argsort(order))


def _turn(volume: CTVolume) -> tuple[list[int], tuple[slice, ...]]:
    """Axes of a (K, J, I) array in the order S, P, L, and the flips that make them grow."""
    axes = volume.grid.nearest_axes()[::-1]
    directions = volume.grid.directions
    backwards = [directions[2 - row, axis] < 0 for row, axis in enumerate(axes)]
    return [2 - axis for axis in axes], tuple(
        slice(None, None, -1 if back else None) for back in backwards
    )
