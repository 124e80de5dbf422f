"""Voxel grids: where the voxels of an array stand in the patient, and how two grids meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import SimpleITK as sitk
from numpy.typing import ArrayLike

from GastricDiffLib.errors import InputError

OFF_AXIS_TOLERANCE = 1e-3
"""Direction cosines below this count as zero: 0.5 mm over the width of a CT."""
_SLAB = 16


@dataclass(frozen=True, eq=False)
class Grid:
    """A voxel grid.

    ``shape`` is (K, J, I), the order of a numpy array; ``ijk_to_lps`` is the 4×4 float64
    matrix from a voxel index (i, j, k) to the LPS position of that voxel's centre in mm.

    Raises
    ------
    InputError
        When the matrix is not a finite, invertible affine one.
    """

    shape: tuple[int, int, int]
    ijk_to_lps: np.ndarray

    def __post_init__(self) -> None:
        matrix = np.array(self.ijk_to_lps, dtype=np.float64)
        if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
            raise InputError("the volume's geometry is not a finite 4×4 matrix")
        lengths = np.linalg.norm(matrix[:3, :3], axis=0)
        if lengths.min() <= 0 or abs(np.linalg.det(matrix[:3, :3] / lengths)) < 1e-3:
            raise InputError("the volume's axes have no length or lie in one plane")
        matrix.setflags(write=False)
        object.__setattr__(self, "ijk_to_lps", matrix)
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))

    @classmethod
    def from_sitk(cls, image: sitk.Image | sitk.ImageFileReader) -> Grid:
        """The grid of a three-dimensional SimpleITK image, or of a reader that knows one."""
        return cls.from_axes(
            image.GetSize()[::-1],
            np.reshape(image.GetDirection(), (3, 3)),
            image.GetSpacing(),
            image.GetOrigin(),
        )

    @classmethod
    def from_axes(
        cls, shape: Sequence[int], directions: ArrayLike, spacing: ArrayLike, origin: ArrayLike
    ) -> Grid:
        """From unit axes (3×3, columns i, j, k), spacing (i, j, k) in mm and the LPS origin."""
        matrix = np.eye(4)
        matrix[:3, :3] = np.asarray(directions, dtype=np.float64) * np.asarray(spacing)
        matrix[:3, 3] = origin
        return cls((shape[0], shape[1], shape[2]), matrix)

    @property
    def spacing(self) -> np.ndarray:
        """Distance of neighbouring voxels along i, j, k in mm, (3,) float64."""
        return np.linalg.norm(self.ijk_to_lps[:3, :3], axis=0)

    @property
    def directions(self) -> np.ndarray:
        """Unit vectors of i, j, k in LPS as the columns of a 3×3 matrix."""
        return self.ijk_to_lps[:3, :3] / self.spacing

    @property
    def origin(self) -> np.ndarray:
        """LPS position of voxel (0, 0, 0) in mm, (3,) float64."""
        return self.ijk_to_lps[:3, 3]

    @property
    def sheared(self) -> bool:
        """Whether the axes are not at right angles, as in a stack taken with a tilted gantry."""
        product = self.directions.T @ self.directions
        return bool(np.abs(product - np.eye(3)).max() > OFF_AXIS_TOLERANCE)

    def to_lps(self, ijk: np.ndarray) -> np.ndarray:
        """LPS positions (…, 3) in mm of the voxel indices (i, j, k), (…, 3)."""
        return np.asarray(ijk) @ self.ijk_to_lps[:3, :3].T + self.origin

    def to_ijk(self, lps: np.ndarray) -> np.ndarray:
        """Continuous voxel indices (i, j, k), (…, 3), of LPS positions (…, 3) in mm."""
        return (np.asarray(lps) - self.origin) @ np.linalg.inv(self.ijk_to_lps[:3, :3]).T

    def corners_lps(self) -> np.ndarray:
        """LPS positions of the centres of the eight corner voxels, (8, 3)."""
        ends = [(0, n - 1) for n in self.shape[::-1]]
        return self.to_lps(np.array(np.meshgrid(*ends)).reshape(3, 8).T)

    def nearest_axes(self) -> tuple[int, int, int]:
        """For each of L, P, S the grid axis (0 = i, 1 = j, 2 = k) that runs closest to it."""
        cosines = np.abs(self.directions)
        best = max(permutations(range(3)), key=lambda p: sum(cosines[a, p[a]] for a in range(3)))
        return (best[0], best[1], best[2])

    def tilt_degrees(self) -> float:
        """The largest angle between a grid axis and the patient axis nearest to it."""
        axes = self.nearest_axes()
        cosines = [abs(self.directions[a, axes[a]]) for a in range(3)]
        return float(np.degrees(np.arccos(np.clip(cosines, 0, 1))).max())

    def is_upright(self) -> bool:
        """Whether every grid axis runs along a patient axis, in either direction."""
        return bool(np.sort(np.abs(self.directions), axis=0)[:2].max() <= OFF_AXIS_TOLERANCE)

    def upright(self) -> Grid:
        """The smallest LPS axial grid that holds this one, with the nearest axes' spacing."""
        corners = self.corners_lps()
        low, high = corners.min(axis=0), corners.max(axis=0)
        spacing = self.spacing[list(self.nearest_axes())]
        # The slack keeps rounding noise from adding an empty slice.
        size = np.ceil((high - low) / spacing - 1e-3).astype(int) + 1
        return Grid.from_axes(tuple(size[::-1]), np.eye(3), spacing, low)


def resample(array: np.ndarray, source: Grid, target: Grid, fill: float) -> np.ndarray:
    """``array`` on ``source`` interpolated linearly onto ``target``; ``fill`` outside of it.

    Both arrays are (K, J, I) of the same type. Works for any two affine grids, sheared
    ones too, because the whole geometry is in the transform and none in the images.
    """
    index_map = np.linalg.inv(source.ijk_to_lps) @ target.ijk_to_lps
    transform = sitk.AffineTransform(3)
    transform.SetMatrix(index_map[:3, :3].ravel().tolist())
    transform.SetTranslation(index_map[:3, 3].tolist())
    resampler = sitk.ResampleImageFilter()
    resampler.SetTransform(transform)
    resampler.SetInterpolator(sitk.sitkLinear)
    resampler.SetDefaultPixelValue(float(fill))
    resampler.SetOutputPixelType(sitk.sitkFloat32)
    image = sitk.GetImageFromArray(array)
    result = np.empty(target.shape, dtype=array.dtype)
    depth, height, width = target.shape
    # A slab at a time in float: ITK itself would cut the fractions of whole numbers off.
    for start in range(0, depth, _SLAB):
        stop = min(start + _SLAB, depth)
        resampler.SetOutputOrigin((0.0, 0.0, float(start)))
        resampler.SetSize((width, height, stop - start))
        slab = resampler.Execute(image)
        values = sitk.GetArrayViewFromImage(slab)
        result[start:stop] = np.rint(values) if array.dtype.kind == "i" else values
    return result
