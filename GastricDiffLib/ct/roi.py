"""A region of interest: the union of the boxes in one ROI file, seen slice by slice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from GastricDiffLib.ct.box import BoxROI
from GastricDiffLib.ct.io.markups import read_roi, write_roi
from GastricDiffLib.errors import InputError

if TYPE_CHECKING:
    from GastricDiffLib.ct.volume import CTVolume

__all__ = [
    "BoxROI",
    "read_roi",
    "require_overlap",
    "roi_slices",
    "union_mask",
    "union_rectangle",
    "write_roi",
]


def roi_slices(rois: Sequence[BoxROI], volume: CTVolume) -> list[int]:
    """The axial slices, rising, whose plane cuts at least one box inside the image."""
    return sorted({k for roi in rois for k in roi.slices(volume)})


def union_rectangle(
    rois: Sequence[BoxROI], volume: CTVolume, k: int
) -> tuple[int, int, int, int] | None:
    """The rectangle around all boxes' cuts of slice ``k``: y0, x0, y1, x1, half-open.

    None when no box meets the slice inside the image.
    """
    rectangles = [r for r in (roi.rectangle(volume, k) for roi in rois) if r is not None]
    if not rectangles:
        return None
    y0, x0, _, _ = np.min(rectangles, axis=0)
    _, _, y1, x1 = np.max(rectangles, axis=0)
    return int(y0), int(x0), int(y1), int(x1)


def union_mask(rois: Sequence[BoxROI], volume: CTVolume, k: int) -> NDArray[np.bool_]:
    """Which pixel centres of slice ``k`` lie in any of the boxes, (H, W) bool."""
    mask = np.zeros(volume.hu.shape[1:], dtype=bool)
    for roi in rois:
        mask |= roi.mask(volume, k)
    return mask


def require_overlap(volume: CTVolume, rois: Sequence[BoxROI]) -> None:
    """Raise InputError, with both places in Slicer's RAS mm, unless a box meets a slice."""
    if roi_slices(rois, volume):
        return
    corners = np.concatenate([roi.corners_lps() for roi in rois])
    box = _extent_ras(corners)
    image = volume.axial_grid.corners_lps()
    margin = np.array(volume.spacing_mm[::-1]) / 2
    reach = np.concatenate([image - margin, image + margin])
    if np.all(corners.max(axis=0) >= reach.min(axis=0)) and np.all(
        corners.min(axis=0) <= reach.max(axis=0)
    ):
        raise InputError(
            "the ROI cuts no slice, it lies between two slices or beside the volume's corner",
            f"ROI at {box}, slices every {volume.spacing_mm[0]:g} mm",
            "draw the box larger",
        )
    raise InputError(
        "the ROI lies outside the CT",
        f"ROI at {box}, CT at {_extent_ras(reach)}, in mm",
        "draw the box on this CT, or check that file and CT belong together",
    )


def _extent_ras(points_lps: NDArray[np.float64]) -> str:
    points = points_lps * (-1, -1, 1)
    spans = zip("RAS", points.min(axis=0), points.max(axis=0), strict=True)
    return " ".join(f"{axis} {low:.1f}…{high:.1f}" for axis, low, high in spans)
