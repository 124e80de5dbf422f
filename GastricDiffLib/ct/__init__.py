"""CT volumes, boxes and axial slices: numbers and geometry, no network and no scene."""

from __future__ import annotations

from GastricDiffLib.ct.grid import Grid
from GastricDiffLib.ct.io.reading import read_volume
from GastricDiffLib.ct.roi import BoxROI, read_roi
from GastricDiffLib.ct.slices import Window, iter_slices
from GastricDiffLib.ct.volume import CTVolume

__all__ = ["BoxROI", "CTVolume", "Grid", "Window", "iter_slices", "read_roi", "read_volume"]
