"""A contact sheet of one case: what a person must see to trust its box and its orientation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from GastricDiffLib import RESEARCH_USE
from GastricDiffLib.ct import BoxROI, CTVolume
from GastricDiffLib.ct.drawing import ABDOMEN_HU, draw_outlines, draw_slice, evenly_spaced, field_mm

GROUND, TEXT, DIM, ROI = "#0f1216", "#eef2f6", "#9aa7b4", "#3fe0c5"
_SIZE_IN, _DPI = (13.0, 6.4), 80
_MOST, _COLUMNS = 6, 3
_LEFT, _BOTTOM, _HEIGHT, _GAP = 0.01, 0.05, 0.87, 0.006
_AXIAL_WIDTH, _CORONAL_WIDTH = 0.68, 0.29


def write_preview(
    path: Path, volume: CTVolume, boxes: Sequence[BoxROI], rectangles: np.ndarray, title: str
) -> None:
    """Write a PNG of 1040×512 pixels, without any metadata.

    Up to six axial slices evenly spaced over the ROI and a coronal one through its middle,
    patient's right on the left, in the abdominal window 40/400 HU, true in mm.

    Parameters
    ----------
    rectangles
        (S, 4) y0, x0, y1, x1 around the ROI, −1 where it does not cut the slice.
    title
        What stands above; nothing of the source is added to it.
    """
    cut = np.flatnonzero(rectangles[:, 0] >= 0)
    slices = [int(cut[row]) for row in evenly_spaced(len(cut), _MOST)]
    figure = Figure(figsize=_SIZE_IN, dpi=_DPI, facecolor=GROUND)
    FigureCanvasAgg(figure)
    figure.text(
        _LEFT, 0.96, title, color=TEXT, size=12, va="center", weight="bold", parse_math=False
    )
    figure.text(_LEFT, 0.022, RESEARCH_USE, color=DIM, size=9, va="center")
    _axial(figure, volume, boxes, slices)
    _coronal(figure, volume, rectangles)
    figure.savefig(
        path,
        format="png",
        facecolor=GROUND,
        metadata={"Software": None},
        # Of CT the higher levels make no smaller a file, in twice the time.
        pil_kwargs={"compress_level": 3},
    )


def _axial(
    figure: Figure, volume: CTVolume, boxes: Sequence[BoxROI], slices: Sequence[int]
) -> None:
    columns = min(len(slices), _COLUMNS)
    lines = -(-len(slices) // columns)
    width = (_AXIAL_WIDTH - _GAP * (columns - 1)) / columns
    height = (_HEIGHT - 2 * _GAP * (lines - 1)) / lines
    aspect = width * _SIZE_IN[0] / (height * _SIZE_IN[1])
    x_limits, y_limits = field_mm(volume, boxes, slices, aspect)
    for number, k in enumerate(slices):
        line, column = divmod(number, columns)
        left = _LEFT + column * (width + _GAP)
        bottom = _BOTTOM + (lines - 1 - line) * (height + 2 * _GAP)
        axes = figure.add_axes((left, bottom, width, height), facecolor="black")
        draw_slice(axes, volume, k)
        draw_outlines(axes, volume, boxes, k, ROI)
        axes.set(xlim=x_limits, ylim=y_limits[::-1], xticks=[], yticks=[])
        _mark(axes, 0.02, 0.97, f"slice {k + 1} of {len(volume.hu)}", "left", "top")
        _sides(axes, "A", "P")


def _coronal(figure: Figure, volume: CTVolume, rectangles: np.ndarray) -> None:
    """The coronal plane through the ROI's middle: a stack upside down shows nowhere else."""
    cut = np.flatnonzero(rectangles[:, 0] >= 0)
    middle = rectangles[cut[len(cut) // 2]]
    x0, x1 = int(rectangles[cut, 1].min()), int(rectangles[cut, 3].max())
    dz, _, dx = volume.spacing_mm
    count, _, columns = volume.hu.shape
    plane = volume.hu[:, (int(middle[0]) + int(middle[2])) // 2]
    left = _LEFT + _AXIAL_WIDTH + 2 * _GAP
    axes = figure.add_axes((left, _BOTTOM, _CORONAL_WIDTH, _HEIGHT), facecolor="black")
    extent = (-dx / 2, (columns - 0.5) * dx, -dz / 2, (count - 0.5) * dz)
    low, high = ABDOMEN_HU
    axes.imshow(
        plane, cmap="gray", vmin=low, vmax=high, extent=extent, origin="lower",
        interpolation="bilinear",
    )  # fmt: skip
    corner = ((x0 - 0.5) * dx, (int(cut[0]) - 0.5) * dz)
    size = (x1 - x0) * dx, (int(cut[-1]) - int(cut[0]) + 1) * dz
    axes.add_patch(Rectangle(corner, *size, fill=False, edgecolor=ROI, lw=1.4))
    axes.set(xticks=[], yticks=[])
    axes.set_aspect("equal", adjustable="datalim")
    _mark(axes, 0.02, 0.97, "coronal", "left", "top")
    _sides(axes, "S", "I")


def _sides(axes: Axes, top: str, bottom: str) -> None:
    _mark(axes, 0.02, 0.5, "R", "left", "center")
    _mark(axes, 0.98, 0.5, "L", "right", "center")
    _mark(axes, 0.5, 0.97, top, "center", "top")
    _mark(axes, 0.5, 0.03, bottom, "center", "bottom")


def _mark(axes: Axes, x: float, y: float, text: str, across: str, along: str) -> None:
    box = {"facecolor": "black", "alpha": 0.55, "pad": 1.5, "edgecolor": "none"}
    axes.text(x, y, text, transform=axes.transAxes, color=TEXT, size=9, ha=across, va=along,
              bbox=box)  # fmt: skip
