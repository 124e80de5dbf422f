"""Axial slices with ROI outline and heat, drawn in mm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import SimpleITK as sitk
from matplotlib.axes import Axes

from GastricDiffLib.classify.axial import to_axial
from GastricDiffLib.classify.palette import heat_rgba
from GastricDiffLib.classify.result import CaseResult
from GastricDiffLib.ct import BoxROI, CTVolume

MOST_PANELS = 6
_WINDOW = (-160.0, 240.0)
"""The abdominal window 40/400 HU."""
_TISSUE_HU = -250


class Panels:
    """Up to six classified slices, evenly spread over the ROI, superior last.

    ``chosen`` are their rows in the result; ``rows`` and ``columns`` how to lay them out.
    """

    def __init__(self, volume: CTVolume, boxes: Sequence[BoxROI], result: CaseResult) -> None:
        self._volume, self._boxes = volume, boxes
        self._heat = to_axial(result.heat, volume)
        inside = np.flatnonzero(result.in_roi)
        rows = inside if len(inside) else np.arange(len(result.p))
        rows = rows[np.argsort(result.position_mm[rows])]
        count = min(MOST_PANELS, len(rows))
        count -= count == 5  # Five panels would leave a hole among six.
        # The middles of equal parts: the ROI's ends cut the least of the lesion.
        middles = (np.arange(count) + 0.5) / count * len(rows) - 0.5
        self.chosen = [int(row) for row in rows[np.rint(middles).astype(int)]]
        z = (np.asarray(result.position_mm) - volume.origin_lps[2]) / volume.spacing_mm[0]
        self._k = np.clip(np.rint(z).astype(int), 0, len(volume.hu) - 1)
        self.columns = count if count <= 3 else (count + 1) // 2
        self.rows = 1 if count <= 3 else 2

    def limits_mm(self, aspect: float) -> tuple[tuple[float, float], tuple[float, float]]:
        """(x low, x high), (y low, y high) in mm from the first pixel, around body and ROI.

        The same for all panels, width : height = ``aspect``.
        """
        low, high = self._body()
        for row in self.chosen:
            for polygon in self._polygons(row):
                low = np.minimum(low, polygon.min(axis=0) - 10)
                high = np.maximum(high, polygon.max(axis=0) + 10)
        (height, width), (y, x) = (high - low) * 1.04, (high + low) / 2
        width, height = max(width, height * aspect), max(height, width / aspect)
        return (x - width / 2, x + width / 2), (y - height / 2, y + height / 2)

    def draw(self, axes: Axes, row: int, outline: str) -> None:
        """Draw one slice of the result with heat over it and the ROI's outline."""
        k = int(self._k[row])
        _, dy, dx = self._volume.spacing_mm
        rows, columns = self._volume.hu.shape[1:]
        extent = (-dx / 2, (columns - 0.5) * dx, (rows - 0.5) * dy, -dy / 2)
        low, high = _WINDOW
        axes.imshow(
            self._volume.hu[k], cmap="gray", vmin=low, vmax=high, extent=extent,
            interpolation="bilinear",
        )  # fmt: skip
        table = heat_rgba()
        colours = table[np.rint(np.clip(self._heat[k], 0, 1) * (len(table) - 1)).astype(int)]
        axes.imshow(colours, extent=extent, interpolation="bilinear")
        for polygon in self._polygons(row):
            closed = np.concatenate([polygon, polygon[:1]])
            axes.plot(closed[:, 1], closed[:, 0], color=outline, lw=1.4)
        axes.set_aspect("equal")

    def _polygons(self, row: int) -> list[np.ndarray]:
        """The boxes' cuts of a slice, (M, 2) (y, x) in mm."""
        pixel = np.array(self._volume.spacing_mm[1:])
        cuts = [box.polygon(self._volume, int(self._k[row])) for box in self._boxes]
        return [cut * pixel for cut in cuts if cut is not None]

    def _body(self) -> tuple[np.ndarray, np.ndarray]:
        """(y, x) in mm between which the body lies on the shown slices, arms and table left out."""
        tissue = (self._volume.hu[np.unique(self._k[self.chosen])] > _TISSUE_HU).any(axis=0)
        parts = sitk.ConnectedComponent(sitk.GetImageFromArray(tissue.astype(np.uint8)))
        body = sitk.GetArrayViewFromImage(sitk.RelabelComponent(parts)) == 1
        if not body.any():
            body = np.ones_like(tissue)
        pixel = np.array(self._volume.spacing_mm[1:])
        yx = np.argwhere(body)
        return (yx.min(axis=0) - 1) * pixel, (yx.max(axis=0) + 1) * pixel
