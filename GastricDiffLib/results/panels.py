"""Which slices of a result are shown, with ROI outline and heat, drawn in mm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from GastricDiffLib.ct import BoxROI, CTVolume
from GastricDiffLib.ct.axial import to_axial
from GastricDiffLib.ct.drawing import draw_outlines, draw_slice, evenly_spaced, extent_mm, field_mm
from GastricDiffLib.results.case_result import CaseResult
from GastricDiffLib.results.palette import heat_rgba

MOST_PANELS = 6


class SlicePanels:
    """Up to six classified slices, evenly spaced over the ROI, superior last.

    ``chosen`` are their rows in the result; ``rows`` and ``columns`` how to lay them out.
    """

    def __init__(self, volume: CTVolume, boxes: Sequence[BoxROI], result: CaseResult) -> None:
        self._volume, self._boxes = volume, boxes
        self._heat = to_axial(result.heat, volume)
        inside = np.flatnonzero(result.in_roi)
        rows = inside if len(inside) else np.arange(len(result.p))
        rows = rows[np.argsort(result.position_mm[rows])]
        # Five panels would leave a hole among six.
        most = 4 if len(rows) == 5 else MOST_PANELS
        self.chosen = [int(rows[place]) for place in evenly_spaced(len(rows), most)]
        z = (np.asarray(result.position_mm) - volume.origin_lps[2]) / volume.spacing_mm[0]
        self._k = np.clip(np.rint(z).astype(int), 0, len(volume.hu) - 1)
        count = len(self.chosen)
        self.columns = count if count <= 3 else (count + 1) // 2
        self.rows = 1 if count <= 3 else 2

    def limits_mm(self, aspect: float) -> tuple[tuple[float, float], tuple[float, float]]:
        """(x low, x high), (y low, y high) in mm from the first pixel, around body and ROI.

        The same for all panels, width : height = ``aspect``.
        """
        slices = [int(self._k[row]) for row in self.chosen]
        return field_mm(self._volume, self._boxes, slices, aspect)

    def draw(self, axes: Axes, row: int, outline: str) -> None:
        """Draw one slice of the result with heat over it and the ROI's outline."""
        k = int(self._k[row])
        draw_slice(axes, self._volume, k)
        table = heat_rgba()
        colours = table[np.rint(np.clip(self._heat[k], 0, 1) * (len(table) - 1)).astype(int)]
        axes.imshow(colours, extent=extent_mm(self._volume), interpolation="bilinear")
        draw_outlines(axes, self._volume, self._boxes, k, outline)
        axes.set_aspect("equal")
