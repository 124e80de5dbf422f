"""One picture of a result: slices through the ROI with heat, the plot, the vote."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from GastricDiffLib import RESEARCH_USE
from GastricDiffLib.ct import BoxROI, CTVolume
from GastricDiffLib.results.case_result import CaseResult
from GastricDiffLib.results.palette import HEAT_FLOOR, heat_rgba
from GastricDiffLib.results.panels import SlicePanels
from GastricDiffLib.results.tables import roi_runs, slice_distance_mm

GROUND, CARD, LINE, TEXT, DIM = "#0f1216", "#171c22", "#39434e", "#eef2f6", "#9aa7b4"
POSITIVE, NEGATIVE, ROI = "#5ab4f5", "#f5a65a", "#3fe0c5"
_SIZE_IN, _DPI = (14.0, 11.0), 120
_LEFT, _RIGHT = 0.035, 0.965
_NOTE_LINES = 3


def write_overview(
    path: str | Path, volume: CTVolume, boxes: Sequence[BoxROI], result: CaseResult
) -> None:
    """Write the overview of a result as a PNG of 1680×1320 pixels.

    Slices are shown as radiologists see them, patient's right on the left and anterior up,
    in the abdominal window 40/400 HU.
    """
    figure = Figure(figsize=_SIZE_IN, dpi=_DPI, facecolor=GROUND)
    FigureCanvasAgg(figure)
    _header(figure, result)
    _slices(figure, volume, boxes, result)
    bottom = 0.09 + _footer(figure, result)
    _plot(figure.add_axes((0.075, bottom, 0.875, 0.32 - bottom)), result)
    # Hardly larger than at the default level, in a fifth of the time.
    fast = {"compress_level": 1}
    figure.savefig(
        path, format="png", facecolor=GROUND, metadata={"Software": None}, pil_kwargs=fast
    )


def _header(figure: Figure, result: CaseResult) -> None:
    vote = result.vote
    colour = _colour(vote == result.classes[1])
    agreeing = max(result.votes_positive, result.votes_negative)
    if result.votes_positive == result.votes_negative:
        share = f"tie of {len(result.p)} slices, broken by the mean probability"
    else:
        share = f"{agreeing} of {len(result.p)} slices ({100 * agreeing / len(result.p):.0f} %)"
    figure.text(_LEFT, 0.955, "CASE VOTE", color=DIM, size=10, va="center", weight="bold")
    size = min(34.0, 34.0 * 24 / max(len(vote), 1))
    figure.text(_LEFT, 0.918, vote, color=colour, size=size, va="center", weight="bold")
    figure.text(_LEFT, 0.88, share, color=TEXT, size=13, va="center")
    numbers = (
        f"mean p({_short(result.classes[1], 28)}) = {result.p_mean:.2f}",
        f"threshold {result.threshold:.2f}",
    )
    lines = (_short(result.model.name, 60), *numbers)
    for y, line, weight in zip(
        (0.955, 0.925, 0.899), lines, ("bold", "normal", "normal"), strict=True
    ):
        figure.text(_RIGHT, y, line, color=TEXT, size=13, va="center", ha="right", weight=weight)
    identity = f"model {result.model.sha256[:12]}   {_short(result.device, 40)}"
    figure.text(_RIGHT, 0.874, identity, color=DIM, size=10, va="center", ha="right")


def _slices(figure: Figure, volume: CTVolume, boxes: Sequence[BoxROI], result: CaseResult) -> None:
    panels = SlicePanels(volume, boxes, result)
    left, bottom, width, height, gap = _LEFT, 0.37, 0.862, 0.475, 0.008
    cell_width = (width - gap * (panels.columns - 1)) / panels.columns
    cell_height = (height - gap * (panels.rows - 1)) / panels.rows
    aspect = cell_width * _SIZE_IN[0] / (cell_height * _SIZE_IN[1])
    x_limits, y_limits = panels.limits_mm(aspect)
    for number, row in enumerate(panels.chosen):
        line, column = divmod(number, panels.columns)
        place = (
            left + column * (cell_width + gap),
            bottom + (panels.rows - 1 - line) * (cell_height + gap),
            cell_width,
            cell_height,
        )
        axes = figure.add_axes(place, facecolor="black")
        panels.draw(axes, row, outline=ROI)
        axes.set(xlim=x_limits, ylim=y_limits[::-1], xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set_color(LINE)
        _label(axes, result, row)
    _colour_bar(figure, (0.911, bottom, 0.012, height), result.heat_kind)


def _label(axes: Axes, result: CaseResult, row: int) -> None:
    box = {"facecolor": "black", "alpha": 0.55, "pad": 2.5, "edgecolor": "none"}
    position = f"S {result.position_mm[row]:.1f} mm".replace("-", "−")
    probability = f"p = {result.p[row]:.2f}"
    colour = _colour(bool(result.slice_votes[row]))
    axes.text(
        0.02,
        0.97,
        position,
        transform=axes.transAxes,
        color=TEXT,
        size=11,
        va="top",
        bbox=box,
    )
    axes.text(
        0.98, 0.97, probability, transform=axes.transAxes, color=colour, size=12, va="top",
        ha="right", weight="bold", bbox=box,
    )  # fmt: skip
    for x, side, align in ((0.02, "R", "left"), (0.98, "L", "right")):
        axes.text(
            x,
            0.03,
            side,
            transform=axes.transAxes,
            color=TEXT,
            size=11,
            ha=align,
            bbox=box,
        )


def _colour_bar(figure: Figure, place: tuple[float, float, float, float], kind: str) -> None:
    colours = heat_rgba()
    colours[:, :3] *= (colours[:, 3:] > 0) * 0.85 + 0.15
    colours[:, 3] = 1
    axes = figure.add_axes(place)
    bar = figure.colorbar(ScalarMappable(cmap=ListedColormap(colours)), cax=axes)
    bar.set_ticks([0, HEAT_FLOOR, 0.4, 0.6, 0.8, 1])
    bar.ax.tick_params(color=LINE, labelcolor=DIM, labelsize=10, length=3)
    bar.outline.set_edgecolor(LINE)
    bar.set_label(f"heat: {_short(kind, 40)}", color=DIM, size=11, labelpad=6)


def _plot(axes: Axes, result: CaseResult) -> None:
    positive = result.classes[1]
    axes.set_facecolor(CARD)
    for number, (low, high) in enumerate(roi_runs(result)):
        label = "ROI" if number == 0 else None
        axes.axvspan(low, high, color=ROI, alpha=0.13, lw=0, label=label)
    axes.axhline(result.threshold, color=DIM, lw=1.2, ls=(0, (5, 4)), label="threshold")
    order = result.position_mm.argsort()
    position, p, votes = (
        result.position_mm[order],
        result.p[order],
        result.slice_votes[order],
    )
    axes.plot(position, p, color=DIM, lw=1.2, zorder=2)
    size = 42 if len(p) <= 60 else 14
    for vote, name in ((True, positive), (False, result.classes[0])):
        chosen = votes == vote
        axes.scatter(
            position[chosen], p[chosen], s=size, color=_colour(vote), zorder=3, lw=0,
            label=f"votes {_short(name, 24)}",
        )  # fmt: skip
    margin = max(slice_distance_mm(result), 0.02 * float(position[-1] - position[0]))
    axes.set(xlim=(position[0] - margin, position[-1] + margin), ylim=(-0.03, 1.03))
    axes.set_xlabel("slice position S (mm), inferior to superior", color=DIM, size=11)
    axes.set_ylabel(f"p({_short(positive, 18)})", color=DIM, size=11)
    axes.tick_params(colors=DIM, labelsize=10)
    axes.ticklabel_format(axis="x", useOffset=False, style="plain")
    axes.grid(color=LINE, lw=0.5, alpha=0.6)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_color(LINE)
    axes.legend(
        loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=4, frameon=False, labelcolor=TEXT,
        fontsize=10, handletextpad=0.5, columnspacing=1.6, borderaxespad=0.2,
    )  # fmt: skip
    axes.set_title("Probability by slice", color=TEXT, size=12, loc="left", weight="bold")


def _footer(figure: Figure, result: CaseResult) -> float:
    """Notes and the research-use line; the height that the notes take."""
    notes = " · ".join(" ".join(note.split()) for note in result.notes)
    lines = textwrap.wrap(
        notes, 175, max_lines=_NOTE_LINES, placeholder=" … (all notes: case.json)"
    )
    for number, line in enumerate(lines):
        height = 0.042 + 0.017 * (len(lines) - 1 - number)
        figure.text(_LEFT, height, line, color=DIM, size=9, va="center")
    figure.text(_LEFT, 0.015, RESEARCH_USE, color=NEGATIVE, size=12, va="center", weight="bold")
    figure.text(_RIGHT, 0.015, "GastricDiff", color=DIM, size=12, va="center", ha="right")
    return 0.017 * len(lines)


def _colour(positive: bool) -> str:
    return POSITIVE if positive else NEGATIVE


def _short(text: str, length: int) -> str:
    """The text on one line, its middle left out where it is too long."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    half = (length - 1) // 2
    return f"{text[:half]}…{text[-half:]}"
