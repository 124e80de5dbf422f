"""The colours of the heat overlay, the same in Slicer, in pictures and in the browser."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

HEAT_FLOOR = 0.2
"""Heat below this is not drawn, so that the anatomy stays in view."""

_STOPS = (0.0, 0.2, 0.45, 0.7, 1.0)
_RGB = ((60, 15, 110), (120, 20, 125), (215, 45, 70), (250, 135, 25), (255, 240, 110))


def heat_rgba(count: int = 256) -> npt.NDArray[np.float64]:
    """(count, 4) float in 0…1: violet over red and orange to yellow, for heat 0…1.

    Alpha is 0 below ``HEAT_FLOOR`` and rises from there, so that strong heat stands out.

    Examples
    --------
    >>> table = heat_rgba()
    >>> table.shape, float(table[0, 3]), float(table[-1, 3])
    ((256, 4), 0.0, 0.75)
    """
    heat = np.linspace(0.0, 1.0, count)
    rgb = np.array(_RGB, dtype=float) / 255
    table = np.empty((count, 4))
    for channel in range(3):
        table[:, channel] = np.interp(heat, _STOPS, rgb[:, channel])
    table[:, 3] = np.where(heat < HEAT_FLOOR, 0.0, np.interp(heat, (HEAT_FLOOR, 1.0), (0.15, 0.75)))
    return table
