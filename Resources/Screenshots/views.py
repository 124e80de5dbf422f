"""What Slicer's views would show, as pictures: slices with box and heat, a chart, side by side."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

BAR = 20
"""Height in pixels of the bar above a view."""
COLOURS = {"Red": "#f34a33", "Yellow": "#edd54c", "Green": "#6eb04b"}
AXES = {"Red": "S", "Yellow": "R", "Green": "A"}
BOX, GAP = "#40e0d0", 8


@dataclass
class Plot:
    """A chart node's lines: (title, colour, marker, x, y) each."""

    title: str
    x_title: str
    y_title: str
    lines: list[tuple[str, tuple[float, float, float], str, np.ndarray, np.ndarray]] = field(
        default_factory=list
    )

    @classmethod
    def of(cls, chart: Any) -> Plot:
        """Read a vtkMRMLPlotChartNode."""
        made = cls(chart.GetTitle(), chart.GetXAxisTitle(), chart.GetYAxisTitle())
        for number in range(chart.GetNumberOfPlotSeriesNodes()):
            series = chart.GetNthPlotSeriesNode(number)
            table = series.GetTableNode().GetTable()
            rows = range(table.GetNumberOfRows())
            x, y = (
                np.array([table.GetValueByName(row, name).ToDouble() for row in rows])
                for name in (series.GetXColumnName(), series.GetYColumnName())
            )
            marker = "o" if series.GetMarkerStyle() else ""
            made.lines.append((series.GetName(), series.GetColor(), marker, x, y))
        return made


def plot(shown: Plot, width: int, height: int) -> Image.Image:
    """The chart as Slicer's plot view would draw it, in pixels."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(width / 100, height / 100), dpi=100)
    for title, colour, marker, x, y in shown.lines:
        axes.plot(x, y, marker=marker, markersize=4, color=colour, label=title)
    axes.set_title(shown.title, fontsize=8)
    axes.set_xlabel(shown.x_title, fontsize=9)
    axes.set_ylabel(shown.y_title, fontsize=9)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.tight_layout()
    file = io.BytesIO()
    figure.savefig(file, format="png")
    pyplot.close(figure)
    return Image.open(file).convert("RGB")


def slice_view(scene: Any, name: str, roi: Any, side: int) -> Image.Image:
    """A slice view with its bar, ``side`` pixels wide: CT, heat, and where the box is cut."""
    from GastricDiffLib.scene import render_slice

    picture = Image.fromarray(render_slice(scene, name, size=side))
    node = scene.GetSingletonNode(name, "vtkMRMLSliceNode")
    outline = _outline(node, roi)
    if outline is not None:
        canvas = ImageDraw.Draw(picture)
        scale = side / max(node.GetFieldOfView()[:2])
        left, bottom, right, top = outline * scale
        corners = (side / 2 + left, side / 2 - top, side / 2 + right, side / 2 - bottom)
        canvas.rectangle(corners, outline=BOX, width=2)
        for x in (corners[0], (corners[0] + corners[2]) / 2, corners[2]):
            for y in (corners[1], (corners[1] + corners[3]) / 2, corners[3]):
                canvas.ellipse((x - 4, y - 4, x + 4, y + 4), fill=BOX)
    return _with_bar(picture, name, node.GetSliceOffset())


def _outline(node: Any, roi: Any) -> np.ndarray | None:
    """Left, bottom, right, top of an upright box in the view's plane, mm; None where it misses."""
    low, high = (np.array(roi.GetCenter()) + sign * np.array(roi.GetSize()) / 2 for sign in (-1, 1))
    inverse = np.linalg.inv(_matrix(node.GetSliceToRAS()))
    ends = np.array([inverse @ [*corner, 1.0] for corner in (low, high)])[:, :3]
    low, high = ends.min(axis=0), ends.max(axis=0)
    if not low[2] <= 0 <= high[2]:
        return None
    return np.array([low[0], low[1], high[0], high[1]])


def _matrix(matrix: Any) -> np.ndarray:
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])


def _with_bar(picture: Image.Image, name: str, offset: float) -> Image.Image:
    framed = Image.new("RGB", (picture.width, picture.height + BAR), COLOURS[name])
    framed.paste(picture, (0, BAR))
    text = f"{name[0]}    {AXES[name]}: {offset:.1f} mm"
    ImageDraw.Draw(framed).text((6, 3), text, fill="black", font=_font(12))
    return framed


def _font(size: int) -> Any:
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return ImageFont.truetype(str(folder / "DejaVuSans.ttf"), size)


def zoom(scene: Any, field_mm: float) -> None:
    """Let every slice view show that much, from left to right."""
    for name in COLOURS:
        scene.GetSingletonNode(name, "vtkMRMLSliceNode").SetFieldOfView(field_mm, field_mm, 1.0)


def without_gap(panel: Path) -> Image.Image:
    """The panel's picture without the empty space below its sections."""
    with Image.open(panel) as opened:
        whole = opened.convert("RGB")
    pixels = np.asarray(whole)
    empty = (pixels == pixels[:, :1]).all(axis=(1, 2))
    # Where rows that hold something end, and where the next one follows.
    filled = np.flatnonzero(~empty)
    ends = np.append(filled[1:], len(pixels)) - filled
    last = int(ends.argmax())
    top = int(filled[last]) + 1 + GAP
    bottom = int(filled[last] + ends[last]) - GAP
    return Image.fromarray(np.concatenate((pixels[:top], pixels[bottom:])))


def compose(left: Image.Image, right: list[list[Image.Image]]) -> Image.Image:
    """The panel with rows of views beside it."""
    width = max((sum(view.width for view in row) for row in right), default=0)
    tall = sum(max(view.height for view in row) for row in right) + GAP * max(len(right) - 1, 0)
    size = (left.width + (GAP + width if right else 0), max(left.height, tall))
    whole = Image.new("RGB", size, left.getpixel((1, left.height - 2)))
    whole.paste(left, (0, 0))
    y = 0
    for row in right:
        x = left.width + GAP
        for view in row:
            whole.paste(view, (x, y))
            x += view.width
        y += max(view.height for view in row) + GAP
    return whole
