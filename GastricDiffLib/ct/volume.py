"""A CT volume in axial order and Hounsfield units, and the way back to its input grid."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from GastricDiffLib.ct.grid import Grid, resample
from GastricDiffLib.errors import InputError

AIR_HU = -1024
_INT16 = np.iinfo(np.int16)


@dataclass(frozen=True, eq=False)
class CTVolume:
    """A CT in LPS axial order.

    Attributes
    ----------
    hu
        (S, H, W) int16 in Hounsfield units; the indices grow to superior, posterior and left. A
        view of the input array unless that had to be converted or resampled.
    spacing_mm
        (z, y, x), mm.
    origin_lps
        (x, y, z) LPS position of the centre of voxel ``hu[0, 0, 0]``, mm.
    grid
        The input's own grid.
    notes
        Sentences that the user must read.
    resampled
        Whether HU were interpolated.
    """

    hu: NDArray[np.int16]
    spacing_mm: tuple[float, float, float]
    origin_lps: tuple[float, float, float]
    grid: Grid
    notes: tuple[str, ...] = ()
    resampled: bool = False

    @classmethod
    def from_array(
        cls, array: NDArray[Any], ijk_to_lps: ArrayLike, notes: Iterable[str] = ()
    ) -> CTVolume:
        """A volume from HU in an array and its geometry.

        Upright grids, in whatever order and direction of axes, become views. Oblique grids
        are resampled linearly onto an upright one, with a sentence in ``notes``. A sheared grid
        is one that no image file holds, so the upright grid then also stands as the input's.
        Does not judge whether the numbers are HU: see ``checks.check_hu``.

        Parameters
        ----------
        array
            HU (K, J, I), integer or float.
        ijk_to_lps
            4×4 matrix from a voxel index (i, j, k) to LPS in mm.

        Raises
        ------
        InputError
            When the array is not 3D, holds NaN or infinity, or the matrix is degenerate.

        Examples
        --------
        Two slices that are listed from superior to inferior, 5 mm apart:

        >>> import numpy as np
        >>> from GastricDiffLib.ct import CTVolume
        >>> hu = np.stack([np.full((3, 4), 40), np.full((3, 4), -1000)])
        >>> volume = CTVolume.from_array(hu, np.diag([0.8, 0.8, -5, 1]))
        >>> volume.hu[:, 0, 0].tolist(), volume.spacing_mm, volume.origin_lps
        ([-1000, 40], (5.0, 0.8, 0.8), (0.0, 0.0, -5.0))
        """
        array = as_int16(array)
        if array.ndim != 3 or 0 in array.shape:
            raise InputError(
                "a CT volume has three dimensions", f"this array is {array.shape}", "pass K×J×I HU"
            )
        depth, height, width = array.shape
        grid = Grid((depth, height, width), np.asarray(ijk_to_lps, dtype=np.float64))
        notes = tuple(notes)
        if grid.is_upright():
            hu = grid.to_axial_order(array)
            first = np.zeros(3)
            axes = list(grid.nearest_axes())
            backwards = grid.runs_backwards()
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
        cls, axial: Grid, hu: NDArray[np.int16], grid: Grid, notes: tuple[str, ...], resampled: bool
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
        if self.resampled or not self.grid.runs_backwards()[2]:
            return int(k)
        return int(self.hu.shape[0]) - 1 - int(k)

    def to_input_grid(self, array: NDArray[Any]) -> NDArray[np.float32]:
        """``array`` (S, H, W) on the axial grid as float32 (K, J, I) on ``self.grid``.

        Exact, and a view where the type allows, unless the input was oblique; then it is
        interpolated linearly and 0 where the axial grid does not reach.
        """
        array = np.asarray(array, dtype=np.float32)
        if array.shape != self.hu.shape:
            raise ValueError(f"expected {self.hu.shape} on the axial grid, got {array.shape}")
        if self.grid.is_upright():
            return self.grid.from_axial_order(array)
        return resample(array, self.axial_grid, self.grid, 0.0)


def as_int16(array: NDArray[Any]) -> NDArray[np.int16]:
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
