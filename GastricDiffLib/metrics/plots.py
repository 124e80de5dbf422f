"""ROC curves with their bands, and calibration plots."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from GastricDiffLib import RESEARCH_USE
from GastricDiffLib.metrics.intervals import (
    Interval,
    fixed_patients,
    interval_text,
    metric_intervals,
)
from GastricDiffLib.metrics.predictions import Predictions
from GastricDiffLib.metrics.scores import (
    BINS,
    Floats,
    Indices,
    bins_of,
    patient_indices,
    share_of,
)

COLOURS = {"image": "#1f77b4", "case": "#d9541a"}
NAMES = {"image": "per slice", "case": "per case"}
_BAND = 500
"""Resamples that a band is drawn from: its edges need no third digit."""
_DPI = 120


def roc_points(labels: npt.ArrayLike, p: npt.ArrayLike) -> tuple[Floats, Floats]:
    """False and true positive rate at every threshold, from (0, 0) to (1, 1).

    Parameters
    ----------
    labels
        (N,) 0 or 1.
    p
        (N,) higher for class 1.

    Examples
    --------
    >>> x, y = roc_points([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> x.tolist(), y.tolist()
    ([0.0, 0.0, 0.5, 0.5, 1.0], [0.0, 0.5, 0.5, 1.0, 1.0])
    """
    from sklearn.metrics import roc_curve

    x, y, _ = roc_curve(labels, p, drop_intermediate=False)
    return x, y


def roc_band(
    labels: npt.NDArray[np.int_], p: Floats, owner: Indices, weights: Floats, grid: Floats
) -> tuple[Floats, Floats]:
    """Low and high true positive rate at each false positive rate of ``grid``, 95 % pointwise.

    Rows are sorted once for all resamples; scikit-learn's ``roc_curve`` sorts and checks them
    anew for each, in 10 to 25 times the time.

    Parameters
    ----------
    labels, p
        (N,).
    owner
        (N,) index of the patient.
    weights
        (B, P) resamples.
    grid
        (G,) false positive rates.

    Returns
    -------
    tuple[Floats, Floats]
        (G,) each; nan where a class has one patient alone, see ``metric_intervals``.
    """
    if fixed_patients(weights)[owner].any():
        return np.full(len(grid), np.nan), np.full(len(grid), np.nan)
    order = np.argsort(-p, kind="stable")
    last = np.append(np.flatnonzero(np.diff(p[order])), len(p) - 1)
    sides = [labels[order] == label for label in (0, 1)]
    curves = []
    for one in weights:
        totals = [np.cumsum(one[owner[order]] * side) for side in sides]
        if min(total[-1] for total in totals) > 0:
            x, y = (np.concatenate([[0.0], total[last] / total[-1]]) for total in totals)
            # Where the curve climbs straight up, its top counts.
            climbing = x + np.arange(len(x)) * 1e-13
            curves.append(np.interp(grid + 1e-7, climbing, y))
    low, high = np.quantile(np.array(curves), [0.025, 0.975], axis=0)
    return low, high


def plot_roc(
    path: Path,
    predictions: Predictions,
    found: Mapping[str, Interval],
    weights: Floats,
    title: str,
) -> None:
    """ROC per slice and per case with bootstrap bands, as PNG.

    Parameters
    ----------
    path
        Of the PNG.
    predictions
        What is drawn.
    found
        At least ``image_auc`` and ``case_auc``.
    weights
        (B, P) resamples, as from ``patient_weights``.
    title
        Above the plot.
    """
    figure = Figure(figsize=(6.4, 6.9), layout="constrained")
    axes = figure.subplots()
    draw_roc(axes, predictions, found, weights)
    axes.set_title(title, fontsize=11)
    _footer(figure)
    figure.savefig(path, dpi=_DPI)


def draw_roc(
    axes: Axes, predictions: Predictions, found: Mapping[str, Interval], weights: Floats
) -> None:
    """The curves alone, onto axes of one's own."""
    grid, title = np.linspace(0, 1, 401), "too few patients for bands"
    axes.plot([0, 1], [0, 1], color="0.55", lw=1, ls="--", label="chance")
    for kind, (labels, p, owner) in _kinds(predictions).items():
        low, high = roc_band(labels, p, owner, weights[:_BAND], grid)
        if np.isfinite(low).all():
            axes.fill_between(grid, low, high, color=COLOURS[kind], alpha=0.15, lw=0)
            title = "bands: 95 %, pointwise"
        x, y = roc_points(labels, p)
        axes.plot(x, y, color=COLOURS[kind], lw=2, label=_legend(kind, len(p), found))
    axes.set(xlabel="1 − specificity", ylabel="sensitivity", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    axes.set_aspect("equal")
    axes.grid(color="0.92")
    axes.set_axisbelow(True)
    axes.legend(loc="lower right", title=title, framealpha=0.9)


def plot_reliability(
    path: Path,
    predictions: Predictions,
    found: Mapping[str, Interval],
    weights: Floats,
    title: str,
    classes: tuple[str, str],
) -> None:
    """Share of positives against predicted probability, and how often each is predicted; PNG.

    Parameters
    ----------
    path
        Of the PNG.
    predictions
        What is drawn.
    found
        At least calibration error and Brier score, per slice and per case.
    weights
        (B, P) resamples, as from ``patient_weights``.
    title
        Above the plots.
    classes
        (negative, positive).
    """
    figure = Figure(figsize=(10.4, 6.2), layout="constrained")
    panels = figure.subplots(2, 2, sharex=True, height_ratios=(3.2, 1))
    for column, (kind, (labels, p, owner)) in enumerate(_kinds(predictions).items()):
        axes, below = panels[0, column], panels[1, column]
        draw_reliability(axes, labels, p, owner, weights, COLOURS[kind])
        error, brier = found[f"{kind}_calibration_error"], found[f"{kind}_brier"]
        axes.set_title(
            f"{NAMES[kind]} (n = {len(p)}): calibration error {error.value:.3f}, "
            f"Brier {brier.value:.3f}",
            fontsize=10,
        )
        edges = np.linspace(0, 1, 2 * BINS + 1)
        sides = [p[labels == label] for label in (0, 1)]
        below.hist(sides, edges, stacked=True, color=["0.75", COLOURS[kind]], label=list(classes))
        below.set(xlabel=f"predicted probability of {classes[1]}", xlim=(-0.01, 1.01))
        below.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        below.legend(fontsize=8, loc="upper center", ncols=2, frameon=False)
        below.margins(y=0.35)
    panels[0, 0].set_ylabel(f"share that is {classes[1]}")
    panels[1, 0].set_ylabel("count")
    figure.suptitle(title, fontsize=11)
    _footer(figure)
    figure.savefig(path, dpi=_DPI)


def draw_reliability(
    axes: Axes,
    labels: npt.NDArray[np.int_],
    p: Floats,
    owner: Indices,
    weights: Floats,
    colour: str,
) -> None:
    """Each bin's share of positives at its mean p, with 95 % bars; larger dots hold more."""
    axes.plot([0, 1], [0, 1], color="0.55", lw=1, ls="--", label="p is right")
    bins = bins_of(p)
    groups = {str(b): bins == b for b in np.unique(bins)}
    shares = metric_intervals(
        {b: share_of(labels, inside, owner) for b, inside in groups.items()}, weights
    )
    for b, inside in groups.items():
        x, (y, low, high) = p[inside].mean(), shares[b]
        axes.plot([x, x], [low, high], color=colour, lw=1.4, alpha=0.55)
        axes.scatter([x], [y], s=25 + 250 * inside.mean(), color=colour, zorder=3, clip_on=False)
    axes.plot([], [], "o-", color=colour, label=f"one of {BINS} bins, with 95 % interval")
    # Above 1, where no dot can be.
    axes.legend(loc="upper left", fontsize=8, ncols=2, frameon=False)
    axes.set(ylim=(-0.04, 1.16), yticks=np.linspace(0, 1, 6))
    axes.grid(color="0.92")
    axes.set_axisbelow(True)


def _kinds(predictions: Predictions) -> dict[str, tuple[npt.NDArray[np.int_], Floats, Indices]]:
    """Labels, p and the patient's index, by slice and by case."""
    patient = patient_indices(predictions)
    return {
        "image": (
            predictions.image_labels,
            predictions.image_p,
            patient[predictions.image_case],
        ),
        "case": (predictions.labels, predictions.case_p, patient),
    }


def _legend(kind: str, count: int, found: Mapping[str, Interval]) -> str:
    return f"{NAMES[kind]} (n = {count}): AUC {interval_text(found[f'{kind}_auc'])}"


def _footer(figure: Figure) -> None:
    figure.supxlabel(RESEARCH_USE, fontsize=8, color="0.4")
