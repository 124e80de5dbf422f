"""A CT volume in axial order and Hounsfield units, and the way back to its input grid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from GastricDiffLib.ct.grid import Grid, resample
from GastricDiffLib.errors import InputError

AIR_HU = -1024
_INT16 = np.iinfo(np.int16)


@dataclass(frozen=True, eq=False)
class CTVolume:
    """A CT in LPS axial order.

    ``hu`` is (S, H, W) int16 in Hounsfield units; its indices grow to superior, posterior
    and left. It is a view of the input array unless that had to be converted or resampled.
    ``spacing_mm`` is (z, y, x); ``origin_lps`` is the (x, y, z) LPS position of the centre
    of voxel ``hu[0, 0, 0]`` in mm; ``grid`` is the input's own grid; ``notes`` are
    sentences that the user must be told; ``resampled`` says whether HU were interpolated.
    """

    hu: np.ndarray
    spacing_mm: tuple[float, float, float]
    origin_lps: tuple[float, float, float]
    grid: Grid
    notes: tuple[str, ...] = ()
    resampled: bool = False

    @classmethod
    def from_array(
        cls, array: np.ndarray, ijk_to_lps: np.ndarray, notes: Iterable[str] = ()
    ) -> CTVolume:
        """A volume from HU (K, J, I), integer or float, and its 4×4 index → LPS matrix (mm).

        Upright grids, in whatever order and direction of axes, become views. Oblique grids
        are resampled linearly onto an upright one, told in ``notes``. A sheared grid is
        one that no image file holds, so the upright grid then also stands as the input's.
        Raises InputError when the array is not 3D, holds NaN or infinity, or the matrix is
        degenerate. Does not judge whether the numbers are HU: see ``checks.check_hu``.
        """
        array = as_int16(array)
        if array.ndim != 3 or 0 in array.shape:
            raise InputError(
                "a CT volume has three dimensions", f"this array is {array.shape}", "pass K×J×I HU"
            )
        grid = Grid(array.shape, ijk_to_lps)
        notes = tuple(notes)
        if grid.is_upright():
            hu = _turn(array, grid)
            first = np.zeros(3)
            axes = list(grid.nearest_axes())
            backwards = _backwards(grid)
            first[axes] = [(hu.shape[2 - a] - 1) if backwards[a] else 0 for a in range(3)]
            axial = Grid.from_axes(hu.shape, np.eye(3), grid.spacing[axes], grid.to_lps(first))
            return cls._on(axial, hu, grid, notes, resampled=False)
        axial = grid.upright()
        hu = resample(array, grid, axial, AIR_HU)
        note = f"resampled onto an upright grid: the stack is tilted by {grid.tilt_degrees():.1f}°"
        own = axial if grid.sheared else grid
        return cls._on(axial, hu, own, (*notes, note), resampled=True)

    @classmethod
    def _on(
        cls, axial: Grid, hu: np.ndarray, grid: Grid, notes: tuple[str, ...], resampled: bool
    ) -> CTVolume:
        x, y, z = (float(value) for value in axial.spacing)
        left, posterior, superior = (float(value) for value in axial.origin)
        return cls(hu, (z, y, x), (left, posterior, superior), grid, notes, resampled)

    @property
    def axial_grid(self) -> Grid:
        """The grid of ``hu``: index (x, y, z) → LPS in mm."""
        return Grid.from_axes(self.hu.shape, np.eye(3), self.spacing_mm[::-1], self.origin_lps)

    def position_mm(self, k: int) -> float:
        """The superior coordinate (z in LPS and RAS alike) of axial slice ``k`` in mm."""
        return self.origin_lps[2] + k * self.spacing_mm[0]

    def input_slice_index(self, k: int) -> int:
        """The index of axial slice ``k`` along the input's own axis nearest to superior.

        ``k`` itself for a resampled volume, whose axial slices are none of the input's.
        """
        if self.resampled or not _backwards(self.grid)[2]:
            return int(k)
        return self.hu.shape[0] - 1 - int(k)

    def to_input_grid(self, array: np.ndarray) -> np.ndarray:
        """``array`` (S, H, W) on the axial grid as float32 (K, J, I) on ``self.grid``.

        Exact, and a view where the type allows, unless the input was oblique; then it is
        interpolated linearly and 0 where the axial grid does not reach.
        """
        array = np.asarray(array, dtype=np.float32)
        if array.shape != self.hu.shape:
            raise ValueError(f"expected {self.hu.shape} on the axial grid, got {array.shape}")
        if self.grid.is_upright():
            return _turn_back(array, self.grid)
        return resample(array, self.axial_grid, self.grid, 0.0)


def as_int16(array: np.ndarray) -> np.ndarray:
    """HU of any numeric type as int16, rounded and clipped to its range.

    int16 comes back as it is; everything else is converted slice by slice, so that no
    second large array is needed.

    Raises
    ------
    InputError
        With the count of NaN and infinity.
    """
    array = np.asarray(array)
    if array.dtype == np.int16:
        return array
    if array.dtype.kind not in "iufb":
        raise InputError("the volume holds no numbers", f"voxel type {array.dtype}", "pass HU")
    result = np.empty(array.shape, dtype=np.int16)
    bad = 0
    for source, target in zip(array, result, strict=True):
        if array.dtype.kind == "f":
            bad += source.size - int(np.isfinite(source).sum())
            if bad:
                continue
            source = np.rint(source)
        target[...] = np.clip(source, _INT16.min, _INT16.max)
    if bad:
        share = 100 * bad / array.size
        raise InputError(
            "NaN or infinity in the volume",
            f"{bad} of {array.size} voxels, {share:.2g} %",
            "export the CT again, or replace them by the HU of air, -1000",
        )
    return result


def _backwards(grid: Grid) -> tuple[bool, bool, bool]:
    """For L, P, S: whether the grid axis nearest to it runs against it."""
    axes = grid.nearest_axes()
    signs = [grid.directions[a, axes[a]] < 0 for a in range(3)]
    return (bool(signs[0]), bool(signs[1]), bool(signs[2]))


def _flips(grid: Grid) -> tuple[slice, ...]:
    """Slices that reverse the axes (S, P, L) which the grid runs through backwards."""
    return tuple(slice(None, None, -1 if back else None) for back in _backwards(grid)[::-1])


def _order(grid: Grid) -> list[int]:
    """Array axes of (K, J, I) in the order S, P, L."""
    return [2 - axis for axis in reversed(grid.nearest_axes())]


def _turn(array: np.ndarray, grid: Grid) -> np.ndarray:
    return array.transpose(_order(grid))[_flips(grid)]


def _turn_back(array: np.ndarray, grid: Grid) -> np.ndarray:
    return array[_flips(grid)].transpose(np.argsort(_order(grid)))
