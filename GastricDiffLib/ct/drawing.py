"""Slices and ROI outlines on matplotlib axes, in mm, as radiologists see them.

Patient's right on the left, anterior up; every picture of the project is drawn with these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from GastricDiffLib.ct.box import BoxROI
from GastricDiffLib.ct.volume import CTVolume

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ABDOMEN_HU = (-160.0, 240.0)
"""The abdominal window 40/400 HU."""
_TISSUE_HU = -250
_MARGIN_MM = 10


def evenly_spaced(count: int, most: int) -> list[int]:
    """Up to ``most`` of ``count`` rows, evenly spaced: the middles of equal parts.

    The ends of an ROI cut the least of the lesion, so that they are not among them.
    """
    chosen = min(most, count)
    middles = (np.arange(chosen) + 0.5) / chosen * count - 0.5
    return [int(row) for row in np.rint(middles)]


def outlines_mm(volume: CTVolume, boxes: Sequence[BoxROI], k: int) -> list[NDArray[np.float64]]:
    """The boxes' cuts of axial slice ``k``, (M, 2) (y, x) in mm from the first pixel."""
    pixel = np.array(volume.spacing_mm[1:])
    cuts = [box.polygon(volume, k) for box in boxes]
    return [cut * pixel for cut in cuts if cut is not None]


def field_mm(
    volume: CTVolume, boxes: Sequence[BoxROI], slices: Sequence[int], aspect: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """(x low, x high), (y low, y high) in mm from the first pixel, around body and ROI.

    The same for all of ``slices``; width : height = ``aspect``.
    """
    low, high = _body_mm(volume, slices)
    for k in slices:
        for polygon in outlines_mm(volume, boxes, k):
            low = np.minimum(low, polygon.min(axis=0) - _MARGIN_MM)
            high = np.maximum(high, polygon.max(axis=0) + _MARGIN_MM)
    (height, width), (y, x) = (high - low) * 1.04, (high + low) / 2
    width, height = max(width, height * aspect), max(height, width / aspect)
    return (x - width / 2, x + width / 2), (y - height / 2, y + height / 2)


def extent_mm(volume: CTVolume) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of an axial slice for ``imshow``, mm from the first pixel."""
    _, dy, dx = volume.spacing_mm
    rows, columns = volume.hu.shape[1:]
    return -dx / 2, (columns - 0.5) * dx, (rows - 0.5) * dy, -dy / 2


def draw_slice(axes: Axes, volume: CTVolume, k: int) -> None:
    """Draw axial slice ``k`` in the abdominal window; pixels keep their shape in mm."""
    low, high = ABDOMEN_HU
    axes.imshow(
        volume.hu[k], cmap="gray", vmin=low, vmax=high, extent=extent_mm(volume),
        interpolation="bilinear",
    )  # fmt: skip
    axes.set_aspect("equal")


def draw_outlines(
    axes: Axes, volume: CTVolume, boxes: Sequence[BoxROI], k: int, colour: str
) -> None:
    """Draw where the boxes cut axial slice ``k``."""
    for polygon in outlines_mm(volume, boxes, k):
        closed = np.concatenate([polygon, polygon[:1]])
        axes.plot(closed[:, 1], closed[:, 0], color=colour, lw=1.4)


def _body_mm(
    volume: CTVolume, slices: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(y, x) in mm between which the body lies on these slices, arms and table left out."""
    tissue = (volume.hu[np.unique(slices)] > _TISSUE_HU).any(axis=0)
    marked = np.asarray(tissue, dtype=np.uint8)
    parts = sitk.ConnectedComponent(sitk.GetImageFromArray(marked))
    body = sitk.GetArrayViewFromImage(sitk.RelabelComponent(parts)) == 1
    if not body.any():
        body = np.ones_like(tissue)
    pixel = np.array(volume.spacing_mm[1:])
    yx = np.argwhere(body)
    return (yx.min(axis=0) - 1) * pixel, (yx.max(axis=0) + 1) * pixel
