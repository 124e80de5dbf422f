"""The pictures of a comparison's report, as PNG bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from GastricDiffLib.compare.published import AUC
from GastricDiffLib.compare.results import SystemResult
from GastricDiffLib.metrics.plots import COLOURS, draw_reliability, roc_band, roc_points
from GastricDiffLib.metrics.scores import patient_indices

_DPI = 110
_BAND = 300
_GRID = np.linspace(0, 1, 201)
_ACROSS = 4


def forest(results: Sequence[SystemResult], baselines: Sequence[SystemResult]) -> bytes:
    """Case and slice AUC of each with its interval, the paper's AUC beside; baselines below."""
    rows = [*results, *baselines]
    figure = Figure(figsize=(9.5, 1.3 + 0.42 * len(rows)), layout="constrained")
    axes = figure.subplots()
    for y, result in enumerate(rows):
        kinds = ("case", "image") if result.outcomes else ("case",)
        for kind, shift in zip(kinds, (-0.13, 0.13), strict=False):
            value, low, high = result.metrics[f"{kind}_auc"]
            colour = COLOURS[kind] if result.outcomes else "0.35"
            axes.plot([low, high], [y + shift] * 2, color=colour, lw=2, alpha=0.6)
            axes.plot(value, y + shift, "o", color=colour, ms=6)
        if result.name in AUC and result.outcomes:
            axes.plot(AUC[result.name], y, "D", mfc="none", mec="0.25", ms=7)
    axes.plot([], [], "o-", color=COLOURS["case"], label="case AUC, 95 %")
    axes.plot([], [], "o-", color=COLOURS["image"], label="slice AUC, 95 %")
    axes.plot([], [], "D", mfc="none", mec="0.25", label="the paper's, on its cohort")
    if baselines:
        axes.plot([], [], "o-", color="0.35", label="baseline, case AUC")
        axes.axhline(len(results) - 0.5, color="0.8", lw=1)
    axes.axvline(0.5, color="0.55", lw=1, ls="--")
    axes.set_yticks(range(len(rows)), [result.name for result in rows])
    axes.set(ylim=(len(rows) - 0.5, -0.5), xlim=(0, 1.01), xlabel="AUC")
    axes.grid(axis="x", color="0.92")
    axes.set_axisbelow(True)
    axes.legend(loc="upper center", bbox_to_anchor=(0.45, -0.1 - 0.5 / len(rows)), ncols=4,
                fontsize=9, frameon=False)  # fmt: skip
    return _png(figure)


def roc(results: Sequence[SystemResult]) -> bytes:
    """A small ROC plot a system, with bands; the curves pool the seeds."""

    def draw(axes: Axes, result: SystemResult) -> None:
        stacked = result.stacked
        owner = patient_indices(stacked)
        axes.plot([0, 1], [0, 1], color="0.55", lw=1, ls="--")
        for kind, labels, p, of in (
            ("image", stacked.image_labels, stacked.image_p, owner[stacked.image_case]),
            ("case", stacked.labels, stacked.case_p, owner),
        ):
            low, high = roc_band(labels, p, of, result.weights[:_BAND], _GRID)
            axes.fill_between(_GRID, low, high, color=COLOURS[kind], alpha=0.15, lw=0)
            value = result.metrics[f"{kind}_auc"].value
            name = {"image": "slices", "case": "cases"}[kind]
            axes.plot(*roc_points(labels, p), color=COLOURS[kind], lw=1.8,
                      label=f"{name} {value:.3f}")  # fmt: skip
        axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
        axes.set_aspect("equal")
        axes.legend(loc="lower right", fontsize=8, framealpha=0.9)

    return _panels(results, draw, "1 − specificity", "sensitivity", 3.1)


def reliability(results: Sequence[SystemResult], positive: str) -> bytes:
    """Share of positive cases against predicted probability, a plot a system."""

    def draw(axes: Axes, result: SystemResult) -> None:
        stacked = result.stacked
        owner = patient_indices(stacked)
        draw_reliability(
            axes, stacked.labels, stacked.case_p, owner, result.weights, COLOURS["case"]
        )
        if legend := axes.get_legend():
            legend.remove()
        error, brier = (
            result.metrics[f"case_{key}"].value for key in ("calibration_error", "brier")
        )
        axes.text(0.03, 0.97, f"error {error:.3f}, Brier {brier:.3f}", fontsize=8, va="top",
                  transform=axes.transAxes)  # fmt: skip

    return _panels(
        results, draw, f"predicted probability of {positive}", f"share that is {positive}", 2.8
    )


def training(
    results: Sequence[SystemResult], histories: Sequence[Sequence[Sequence[dict[str, float]]]]
) -> bytes:
    """Classification loss (left axis) and validation AUC (right) over epochs, a line a run.

    ``histories``: of each result, the rows of ``history.csv`` of each of its runs.
    """
    by_name = {result.name: runs for result, runs in zip(results, histories, strict=True)}

    def draw(axes: Axes, result: SystemResult) -> None:
        right = axes.twinx()
        for rows in by_name[result.name]:
            epochs = [row["epoch"] + 1 for row in rows]
            axes.plot(epochs, [row["loss_cls"] for row in rows], color="#1f77b4", lw=0.8, alpha=0.6)
            auc = [row["val_image_auc"] for row in rows]
            right.plot(epochs, auc, color="#d9541a", lw=0.8, alpha=0.6)
        axes.set_ylim(bottom=0)
        right.set_ylim(0, 1.02)
        right.axhline(0.5, color="0.6", lw=0.8, ls=":")
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.tick_params(axis="y", colors="#1f77b4", labelsize=8)
        right.tick_params(axis="y", colors="#d9541a", labelsize=8)

    return _panels(results, draw, "epoch", "blue: training loss; orange: validation slice AUC", 2.3)


def _panels(
    results: Sequence[SystemResult],
    draw: Callable[[Axes, SystemResult], None],
    x: str,
    y: str,
    height: float,
) -> bytes:
    """One plot a result, four in a row."""
    across = min(_ACROSS, len(results))
    down = -(-len(results) // across)
    figure = Figure(figsize=(3.1 * across + 0.5, height * down + 0.5), layout="constrained")
    panels = figure.subplots(down, across, squeeze=False)
    for axes, result in zip(panels.flat, results, strict=False):
        draw(axes, result)
        axes.set_title(result.name, fontsize=10)
        axes.grid(color="0.92")
        axes.set_axisbelow(True)
    for axes in list(panels.flat)[len(results) :]:
        axes.set_visible(False)
    figure.supxlabel(x, fontsize=9)
    figure.supylabel(y, fontsize=9)
    return _png(figure)


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    # Without the time of making: the same results give the same bytes.
    figure.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
    return buffer.getvalue()
