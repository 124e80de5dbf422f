"""ROC curves with their bands, and how far the probabilities are to be believed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from GastricDiffLib import RESEARCH_USE
from GastricDiffLib.metrics.intervals import Interval, measured
from GastricDiffLib.metrics.predictions import Predictions
from GastricDiffLib.metrics.scores import BINS, bins_of, patient_indices, share_of

COLOURS = {"image": "#1f77b4", "case": "#d9541a"}
NAMES = {"image": "per slice", "case": "per case"}
_BAND = 500
"""Resamples that a band is drawn from: its edges need no third digit."""
_DPI = 120


def roc_points(
    labels: np.ndarray, p: np.ndarray, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """False and true positive rate at every threshold, from (0, 0) to (1, 1).

    Parameters
    ----------
    labels, p
        (N,).
    weights
        (N,) how often each counts; once without it.
    """
    order = np.argsort(-p, kind="stable")
    sorted_p, w = p[order], np.ones(len(p)) if weights is None else weights[order]
    last = np.append(np.flatnonzero(np.diff(sorted_p)), len(p) - 1)
    rates = []
    for side in (labels[order] == 0, labels[order] == 1):
        total = np.cumsum(w * side)
        rates.append(np.concatenate([[0.0], total[last] / total[-1]]))
    return rates[0], rates[1]


def roc_band(
    labels: np.ndarray, p: np.ndarray, owner: np.ndarray, weights: np.ndarray, grid: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Low and high true positive rate at each false positive rate of ``grid``, 95 % pointwise.

    Parameters
    ----------
    labels, p
        (N,); owner: (N,) index of the patient.
    weights
        (B, P) resamples.
    """
    curves = []
    for one in weights:
        if min(one[owner[labels == side]].sum() for side in (0, 1)) > 0:
            x, y = roc_points(labels, p, one[owner])
            # Where the curve climbs straight up, its top counts.
            climbing = x + np.arange(len(x)) * 1e-13
            curves.append(np.interp(grid + 1e-7, climbing, y))
    low, high = np.quantile(np.array(curves), [0.025, 0.975], axis=0)
    return low, high


def plot_roc(
    path: Path,
    predictions: Predictions,
    found: Mapping[str, Interval],
    weights: np.ndarray,
    title: str,
) -> None:
    """ROC per slice and per case with bootstrap bands, as PNG.

    ``found``: at least ``image_auc`` and ``case_auc``; ``weights``: as from ``patient_weights``.
    """
    figure = Figure(figsize=(6.4, 6.9), layout="constrained")
    axes = figure.subplots()
    draw_roc(axes, predictions, found, weights)
    axes.set_title(title, fontsize=11)
    _footer(figure)
    figure.savefig(path, dpi=_DPI)


def draw_roc(
    axes: Axes, predictions: Predictions, found: Mapping[str, Interval], weights: np.ndarray
) -> None:
    """The curves alone, onto axes of one's own."""
    grid = np.linspace(0, 1, 401)
    axes.plot([0, 1], [0, 1], color="0.55", lw=1, ls="--", label="chance")
    for kind, (labels, p, owner) in _kinds(predictions).items():
        low, high = roc_band(labels, p, owner, weights[:_BAND], grid)
        axes.fill_between(grid, low, high, color=COLOURS[kind], alpha=0.15, lw=0)
        x, y = roc_points(labels, p)
        axes.plot(x, y, color=COLOURS[kind], lw=2, label=_legend(kind, len(p), found))
    axes.set(xlabel="1 − specificity", ylabel="sensitivity", xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    axes.set_aspect("equal")
    axes.grid(color="0.92")
    axes.set_axisbelow(True)
    axes.legend(loc="lower right", title="bands: 95 %, pointwise", framealpha=0.9)


def plot_reliability(
    path: Path,
    predictions: Predictions,
    found: Mapping[str, Interval],
    weights: np.ndarray,
    title: str,
    classes: tuple[str, str],
) -> None:
    """Share of positives against predicted probability, and how often each is predicted; PNG.

    ``found``: at least calibration error and Brier score; ``classes``: (negative, positive).
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
    labels: np.ndarray,
    p: np.ndarray,
    owner: np.ndarray,
    weights: np.ndarray,
    colour: str,
) -> None:
    """Each bin's share of positives at its mean p, with 95 % bars; larger dots hold more."""
    axes.plot([0, 1], [0, 1], color="0.55", lw=1, ls="--", label="p is right")
    bins = bins_of(p)
    groups = {str(b): bins == b for b in np.unique(bins)}
    shares = measured({b: share_of(labels, one, owner) for b, one in groups.items()}, weights)
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


def _kinds(predictions: Predictions) -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
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
    value, low, high = found[f"{kind}_auc"]
    return f"{NAMES[kind]} (n = {count}): AUC {value:.3f} ({low:.2f}–{high:.2f})"


def _footer(figure: Figure) -> None:
    figure.supxlabel(RESEARCH_USE, fontsize=8, color="0.4")
