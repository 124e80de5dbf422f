"""Voxel grids: where the voxels of an array stand in the patient, and how two grids meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Protocol, TypeVar

import numpy as np
import SimpleITK as sitk
from numpy.typing import ArrayLike, NDArray

from GastricDiffLib.errors import InputError

OFF_AXIS_TOLERANCE = 1e-3
"""Direction cosines below this count as zero: 0.5 mm over the width of a CT."""
_SLAB = 16
ScalarT = TypeVar("ScalarT", bound=np.generic)


class _PlacedImage(Protocol):
    """What ``sitk.Image`` and ``sitk.ImageFileReader`` have in common."""

    def GetSize(self) -> tuple[int, ...]: ...
    def GetDirection(self) -> tuple[float, ...]: ...
    def GetSpacing(self) -> tuple[float, ...]: ...
    def GetOrigin(self) -> tuple[float, ...]: ...


@dataclass(frozen=True, eq=False)
class Grid:
    """A voxel grid.

    Parameters
    ----------
    shape
        (K, J, I), the order of a numpy array.
    ijk_to_lps
        4×4 matrix from a voxel index (i, j, k) to the LPS position of that voxel's centre in mm.

    Raises
    ------
    InputError
        When the matrix is not a finite, invertible affine one.

    Examples
    --------
    A stack of 4 slices of 3 × 2 pixels, 5 mm apart:

    >>> from GastricDiffLib.ct import Grid
    >>> axes = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    >>> grid = Grid.from_axes((4, 3, 2), axes, spacing=(0.5, 0.5, 5), origin=(0, 0, 9))
    >>> grid.to_lps([1, 2, 3]).tolist()
    [0.5, 1.0, 24.0]
    """

    shape: tuple[int, int, int]
    ijk_to_lps: NDArray[np.float64]

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
    def from_sitk(cls, image: _PlacedImage) -> Grid:
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
    def spacing(self) -> NDArray[np.float64]:
        """Distance of neighbouring voxels along i, j, k in mm, (3,) float64."""
        lengths: NDArray[np.float64] = np.linalg.norm(self.ijk_to_lps[:3, :3], axis=0)
        return lengths

    @property
    def directions(self) -> NDArray[np.float64]:
        """Unit vectors of i, j, k in LPS as the columns of a 3×3 matrix."""
        return self.ijk_to_lps[:3, :3] / self.spacing

    @property
    def origin(self) -> NDArray[np.float64]:
        """LPS position of voxel (0, 0, 0) in mm, (3,) float64."""
        return self.ijk_to_lps[:3, 3]

    @property
    def sheared(self) -> bool:
        """Whether the axes are not at right angles, as in a stack taken with a tilted gantry."""
        product = self.directions.T @ self.directions
        return bool(np.abs(product - np.eye(3)).max() > OFF_AXIS_TOLERANCE)

    def to_lps(self, ijk: ArrayLike) -> NDArray[np.float64]:
        """LPS positions (…, 3) in mm of the voxel indices (i, j, k), (…, 3)."""
        positions: NDArray[np.float64] = np.asarray(ijk) @ self.ijk_to_lps[:3, :3].T + self.origin
        return positions

    def to_ijk(self, lps: ArrayLike) -> NDArray[np.float64]:
        """Continuous voxel indices (i, j, k), (…, 3), of LPS positions (…, 3) in mm."""
        inverse = np.linalg.inv(self.ijk_to_lps[:3, :3])
        indices: NDArray[np.float64] = (np.asarray(lps) - self.origin) @ inverse.T
        return indices

    def corners_lps(self) -> NDArray[np.float64]:
        """LPS positions of the centres of the eight corner voxels, (8, 3)."""
        ends = [(0, n - 1) for n in self.shape[::-1]]
        return self.to_lps(np.array(np.meshgrid(*ends)).reshape(3, 8).T)

    def nearest_axes(self) -> tuple[int, int, int]:
        """For each of L, P, S the grid axis (0 = i, 1 = j, 2 = k) that runs closest to it."""
        cosines = np.abs(self.directions)
        best = max(permutations(range(3)), key=lambda p: sum(cosines[a, p[a]] for a in range(3)))
        return (best[0], best[1], best[2])

    def runs_backwards(self) -> tuple[bool, bool, bool]:
        """For each of L, P, S: whether the grid axis nearest to it runs against it."""
        axes, directions = self.nearest_axes(), self.directions
        left, posterior, superior = (bool(directions[a, axes[a]] < 0) for a in range(3))
        return left, posterior, superior

    def to_axial_order(self, array: NDArray[ScalarT]) -> NDArray[ScalarT]:
        """A view of ``array`` (K, J, I) as (S, P, L), each index growing along its patient axis.

        The nearest axes count: exact where :meth:`is_upright`, see ``ct.axial`` for all grids.
        """
        return array.transpose(self._axial_axes())[self._axial_flips()]

    def from_axial_order(self, array: NDArray[ScalarT]) -> NDArray[ScalarT]:
        """The inverse of :meth:`to_axial_order`: a view of ``array`` (S, P, L) as (K, J, I)."""
        return array[self._axial_flips()].transpose(np.argsort(self._axial_axes()))

    def _axial_axes(self) -> list[int]:
        """Axes of an array (K, J, I) in the order S, P, L."""
        return [2 - axis for axis in reversed(self.nearest_axes())]

    def _axial_flips(self) -> tuple[slice, ...]:
        """Slices that reverse those of the axes (S, P, L) which the grid runs against."""
        return tuple(
            slice(None, None, -1 if back else None) for back in self.runs_backwards()[::-1]
        )

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


def resample(array: NDArray[ScalarT], source: Grid, target: Grid, fill: float) -> NDArray[ScalarT]:
    """``array`` on ``source`` interpolated linearly onto ``target``; ``fill`` outside of it.

    Both arrays are (K, J, I) of the same type; integers are rounded. Works for any two affine
    grids, sheared ones too, because the whole geometry is in the transform and none in the
    images.
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
