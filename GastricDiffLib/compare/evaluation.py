"""Evaluation of one model: its files, and the table on the terminal."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from GastricDiffLib import RESEARCH_USE
from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.inference.model_file import Model
from GastricDiffLib.metrics.intervals import (
    FEWEST_PATIENTS,
    METHOD,
    RESAMPLES,
    Interval,
    interval_text,
    metric_intervals,
    patient_weights,
)
from GastricDiffLib.metrics.plots import plot_reliability, plot_roc
from GastricDiffLib.metrics.predictions import Predictions
from GastricDiffLib.metrics.scores import patient_metrics

FORMAT_VERSION = 1
METRICS, PREDICTIONS, ROC, RELIABILITY = EVALUATION_FILES = (
    "metrics.json",
    "predictions.csv",
    "roc.png",
    "reliability.png",
)
ROWS = {
    "auc": "AUC",
    "accuracy": "accuracy",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "calibration_error": "calibration error",
    "brier": "Brier score",
}
"""The metrics' names without ``image_`` and ``case_``, as a reader wants them."""


def write_evaluation(
    folder: Path,
    model: Model,
    dataset: Dataset,
    split: str,
    predictions: Predictions,
    seed: int = 0,
) -> dict[str, Interval]:
    """Write ``EVALUATION_FILES`` into an existing folder.

    Parameters
    ----------
    folder
        Where they go; files of these names are overwritten.
    model
        What was evaluated.
    dataset, split
        Where the cases come from.
    predictions
        The model's, of those cases.
    seed
        Of the bootstrap.

    Returns
    -------
    dict[str, Interval]
        Every metric of ``Scores`` with its interval; nan where that is not available, which is
        null in ``metrics.json`` and "too few" in :func:`table`.
    """
    weights = patient_weights(predictions, RESAMPLES, seed)
    found = metric_intervals(patient_metrics(predictions), weights)
    content = {
        "format_version": FORMAT_VERSION,
        "research_use": RESEARCH_USE,
        "model": {
            "name": model.card.name,
            "sha256": model.card.sha256,
            "system": model.card.system,
            "scope": model.card.scope,
        },
        "dataset": {"cohort": dataset.cohort_hash, "split": split} | counts(predictions),
        "classes": list(dataset.classes),
        "threshold": model.calibration.threshold,
        "calibration": {"scale": model.calibration.scale, "bias": model.calibration.bias},
        "intervals": {"level": 0.95, "method": METHOD, "resamples": RESAMPLES, "seed": seed},
        "metrics": {name: interval_json(interval) for name, interval in found.items()},
    }
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    (folder / METRICS).write_text(text + "\n", encoding="utf-8")
    predictions.write(folder / PREDICTIONS)
    title = f"{model.card.name} ({model.card.system}), {split} split"
    plot_roc(folder / ROC, predictions, found, weights, title)
    plot_reliability(folder / RELIABILITY, predictions, found, weights, title, dataset.classes)
    return found


def counts(predictions: Predictions) -> dict[str, int]:
    """How many cases (of label 1 too), patients and slices."""
    return {
        "cases": len(predictions.cases),
        "positive_cases": int(np.sum(predictions.labels)),
        "patients": len(set(predictions.patients)),
        "slices": len(predictions.image_p),
    }


def interval_json(interval: Interval) -> dict[str, float | None]:
    """``value``, ``low`` and ``high`` to 6 decimals; null for nan, which JSON has not."""
    named = interval._asdict().items()
    return {name: round(value, 6) if math.isfinite(value) else None for name, value in named}


def table(found: Mapping[str, Interval], numbers: Mapping[str, Any]) -> str:
    """The metrics as lines of text: one a metric, per slice and per case.

    Parameters
    ----------
    found
        Every metric of ``Scores``.
    numbers
        As from :func:`counts`.
    """
    head = ("", f"per slice ({numbers['slices']})", f"per case ({numbers['cases']})")
    rows = [head]
    for key, label in ROWS.items():
        rows.append(
            (label, interval_text(found[f"image_{key}"]), interval_text(found[f"case_{key}"]))
        )
    wide = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        "  ".join(f"{x:<{n}}" for x, n in zip(row, wide, strict=True)).rstrip() for row in rows
    ]
    lines.insert(1, "  ".join("─" * n for n in wide))
    lines.append(f"95 % intervals: bootstrap over {numbers['patients']} patients")
    if any(math.isnan(interval.low) for interval in found.values()):
        lines.append(f"too few: an interval takes {FEWEST_PATIENTS} patients of each class")
    return "\n".join(lines)
