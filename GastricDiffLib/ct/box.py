"""One box of a region of interest, turned freely in space, and what a slice sees of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from GastricDiffLib.errors import InputError

if TYPE_CHECKING:
    from GastricDiffLib.ct.volume import CTVolume

FACE_TOLERANCE_MM = 1e-4
"""A voxel this near to a face counts as inside: files keep positions in single precision."""
_EDGE_TOLERANCE_PX = 2e-3
_SQUARE_TOLERANCE = 1e-4


@dataclass(frozen=True, eq=False)
class BoxROI:
    """A box, turned freely in space.

    Parameters
    ----------
    center_lps
        (3,) LPS, mm.
    axes_lps
        3×3; its columns are the box's unit axes in LPS.
    size_mm
        (3,) full edge lengths, mm.
    name
        For messages and files.

    Raises
    ------
    InputError
        When a number is not finite, a size is not positive, or the axes are not at right angles.

    Examples
    --------
    >>> import numpy as np
    >>> from GastricDiffLib.ct import BoxROI, CTVolume
    >>> box = BoxROI(np.array([3, 2, 10]), np.eye(3), np.array([2, 2, 9]))
    >>> volume = CTVolume.from_array(np.full((5, 6, 8), -1000), np.diag([1, 1, 5, 1]))
    >>> box.slices(volume), box.rectangle(volume, 2)
    ([2], (1, 2, 4, 5))
    """

    center_lps: NDArray[np.float64]
    axes_lps: NDArray[np.float64]
    size_mm: NDArray[np.float64]
    name: str = ""

    def __post_init__(self) -> None:
        for field, shape in (("center_lps", (3,)), ("axes_lps", (3, 3)), ("size_mm", (3,))):
            value = np.array(getattr(self, field), dtype=np.float64)
            if value.shape != shape or not np.isfinite(value).all():
                raise InputError("the ROI box is broken", f"{field} = {value.tolist()}")
            value.setflags(write=False)
            object.__setattr__(self, field, value)
        if self.size_mm.min() <= 0:
            sizes = " × ".join(f"{size:g}" for size in self.size_mm)
            raise InputError("the ROI box has no volume", f"{sizes} mm", "draw it anew")
        if np.abs(self.axes_lps.T @ self.axes_lps - np.eye(3)).max() > _SQUARE_TOLERANCE:
            raise InputError(
                "the ROI box is not a box", "its axes are not unit vectors at right angles"
            )

    @property
    def is_axis_aligned(self) -> bool:
        """Whether its faces run along L, P and S, so that every cut is a plain rectangle."""
        return bool(np.sort(np.abs(self.axes_lps), axis=0)[:2].max() <= _SQUARE_TOLERANCE)

    def corners_lps(self) -> NDArray[np.float64]:
        """The eight corners, (8, 3), LPS mm."""
        signs = np.array(np.meshgrid(*[(-0.5, 0.5)] * 3)).reshape(3, 8).T
        return self.center_lps + (signs * self.size_mm) @ self.axes_lps.T

    def transformed(self, lps_to_lps: ArrayLike) -> BoxROI:
        """The box under a 4×4 LPS → LPS matrix, such as its parent transform in a scene.

        Raises
        ------
        InputError
            When the matrix shears the box, which then is none any more.
        """
        matrix = np.asarray(lps_to_lps, dtype=np.float64)
        if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
            raise InputError("the ROI's transform is not a finite 4×4 matrix")
        moved = matrix[:3, :3] @ self.axes_lps
        lengths = np.linalg.norm(moved, axis=0)
        axes = moved / np.where(lengths > 0, lengths, 1)
        if np.abs(axes.T @ axes - np.eye(3)).max() > _SQUARE_TOLERANCE:
            raise InputError(
                "the transform shears the ROI box",
                self.name,
                "use rotation, translation and scaling only, or draw the box in the CT's frame",
            )
        center = matrix[:3, :3] @ self.center_lps + matrix[:3, 3]
        return BoxROI(center, axes, self.size_mm * lengths, self.name)

    def polygon(self, volume: CTVolume, k: int) -> NDArray[np.float64] | None:
        """Where the plane of slice ``k`` cuts the box: its corners in order, or None.

        (M, 2) continuous (y, x) pixel indices, M from 3 to 6, not clipped to the image.
        """
        _, dy, dx = volume.spacing_mm
        left, posterior, _ = volume.origin_lps
        height = volume.position_mm(k) - self.center_lps[2]
        reach = np.linalg.norm(self.size_mm)
        points = reach * np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)])
        for axis, half in zip(self.axes_lps.T, self._half_mm(), strict=True):
            for sign in (-1.0, 1.0):
                outside = sign * (points @ axis[:2] + height * axis[2]) - half
                points = _clip(points, outside)
                if len(points) < 3:
                    return None
        x = (points[:, 0] + self.center_lps[0] - left) / dx
        y = (points[:, 1] + self.center_lps[1] - posterior) / dy
        return np.column_stack([y, x])

    def rectangle(self, volume: CTVolume, k: int) -> tuple[int, int, int, int] | None:
        """The pixels of slice ``k`` that the polygon touches: y0, x0, y1, x1, half-open.

        Clipped to the image; None when the box does not meet the slice inside the image.
        """
        polygon = self.polygon(volume, k)
        if polygon is None:
            return None
        # Without the tolerance, a face on the border of two pixels would fall to either one.
        low = np.floor(polygon.min(axis=0) + 0.5 + _EDGE_TOLERANCE_PX).astype(int)
        high = np.ceil(polygon.max(axis=0) + 0.5 - _EDGE_TOLERANCE_PX).astype(int)
        high = np.maximum(high, low + 1)
        y0, x0 = np.maximum(low, 0)
        y1, x1 = np.minimum(high, volume.hu.shape[1:])
        return (int(y0), int(x0), int(y1), int(x1)) if y0 < y1 and x0 < x1 else None

    def mask(self, volume: CTVolume, k: int) -> NDArray[np.bool_]:
        """Which pixel centres of slice ``k`` lie in the box, (H, W) bool, tested in mm."""
        mask = np.zeros(volume.hu.shape[1:], dtype=bool)
        rectangle = self.rectangle(volume, k)
        if rectangle is None:
            return mask
        y0, x0, y1, x1 = rectangle
        _, dy, dx = volume.spacing_mm
        x = volume.origin_lps[0] + dx * np.arange(x0, x1) - self.center_lps[0]
        y = volume.origin_lps[1] + dy * np.arange(y0, y1) - self.center_lps[1]
        z = volume.position_mm(k) - self.center_lps[2]
        inside = np.ones((y1 - y0, x1 - x0), dtype=bool)
        for axis, half in zip(self.axes_lps.T, self._half_mm(), strict=True):
            along = (axis[1] * y + axis[2] * z)[:, None] + axis[0] * x
            inside &= np.abs(along) <= half
        mask[y0:y1, x0:x1] = inside
        return mask

    def slices(self, volume: CTVolume) -> list[int]:
        """The axial slices, rising, whose plane cuts the box inside the image."""
        z = self.corners_lps()[:, 2]
        first = (z.min() - volume.origin_lps[2]) / volume.spacing_mm[0]
        last = (z.max() - volume.origin_lps[2]) / volume.spacing_mm[0]
        reach = range(max(int(np.floor(first)), 0), min(int(np.ceil(last)) + 1, volume.hu.shape[0]))
        return [k for k in reach if self.rectangle(volume, k) is not None]

    def _half_mm(self) -> NDArray[np.float64]:
        return self.size_mm / 2 + FACE_TOLERANCE_MM


def _clip(points: NDArray[np.float64], outside: NDArray[np.float64]) -> NDArray[np.float64]:
    """A convex polygon (N, 2) cut along a line; ``outside`` is each corner's signed distance."""
    kept = []
    for a, b, da, db in zip(
        points, np.roll(points, -1, axis=0), outside, np.roll(outside, -1), strict=True
    ):
        if da <= 0:
            kept.append(a)
        if (da < 0 < db) or (db < 0 < da):
            kept.append(a + (b - a) * (da / (da - db)))
    return np.array(kept).reshape(-1, 2)
