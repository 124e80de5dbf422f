"""Tables 3 and 4 of the paper with its figures beside ours, and all metrics, as CSV."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from GastricDiffLib.compare.published import METHODS, TABLE3, TABLE4
from GastricDiffLib.compare.results import ReferenceComparison, SystemResult
from GastricDiffLib.metrics.intervals import Interval
from GastricDiffLib.metrics.scores import Scores
from GastricDiffLib.nets import SYSTEMS
from GastricDiffLib.nets.size import system_size

TABLE3_CSV, TABLE4_CSV, METRICS_CSV, TESTS_CSV = CSV_FILES = (
    "table3.csv",
    "table4.csv",
    "metrics.csv",
    "tests.csv",
)
METRICS = tuple(field.name for field in fields(Scores))


def table3(results: Sequence[SystemResult]) -> list[dict[str, Any]]:
    """Rows of Table 3, "Performance on different CNN networks", of the systems that were run."""
    rows = []
    for system, paper in TABLE3.items():
        for result in _named(results, system):
            row: dict[str, Any] = {"method": _method(system), "system": system, "paper_auc": paper}
            rows.append(row | _with_interval(result, "case_auc", "image_auc"))
    return rows


def table4(results: Sequence[SystemResult]) -> list[dict[str, Any]]:
    """Rows of Table 4, "Performance on test set", of the systems that were run."""
    rows = []
    for system, (case_acc, img_acc, auc) in TABLE4.items():
        for result in _named(results, system):
            row: dict[str, Any] = {"method": METHODS[system], "system": system}
            row |= {"paper_case_acc": case_acc, "paper_img_acc": img_acc, "paper_auc": auc}
            chosen = ("case_accuracy", "image_accuracy", "case_auc", "image_auc")
            rows.append(row | _with_interval(result, *chosen))
    return rows


def metrics(results: Sequence[SystemResult], width: float) -> list[dict[str, Any]]:
    """A row a system or baseline: every metric with its interval, size, overlap with the ROI."""
    rows = []
    for result in results:
        row: dict[str, Any] = {"system": result.name, "seeds": len(result.predictions)}
        row |= _with_interval(result, *METRICS)
        row |= _cells("averaged_case_auc", result.averaged_auc)
        row["mean_fold_case_auc"] = _rounded(result.fold_auc)
        row |= {f"roi_overlap_{k}": _rounded(v) for k, v in overlaps(result).items()}
        known = result.name in SYSTEMS
        row["parameters"] = system_size(result.name, width=width).parameters if known else ""
        rows.append(row)
    return rows


def tests(comparisons: Sequence[ReferenceComparison]) -> list[dict[str, Any]]:
    """A row a system: how the reference differs from it, and p before and after Holm."""
    rows = []
    for one in comparisons:
        row: dict[str, Any] = {"reference": one.reference, "system": one.name}
        for kind, test, corrected in (
            ("case", one.auc_case, one.corrected[0]),
            ("image", one.auc_image, one.corrected[1]),
        ):
            row[f"{kind}_auc_difference"] = _rounded(test.difference)
            row[f"{kind}_auc_low"] = _rounded(test.difference - 1.96 * test.error)
            row[f"{kind}_auc_high"] = _rounded(test.difference + 1.96 * test.error)
            row[f"{kind}_auc_p"] = _rounded(test.p)
            row[f"{kind}_auc_p_holm"] = _rounded(corrected)
        row["reference_only_right"] = one.accuracy.first_only
        row["system_only_right"] = one.accuracy.second_only
        row["accuracy_p"] = _rounded(one.accuracy.p)
        row["accuracy_p_holm"] = _rounded(one.corrected[2])
        rows.append(row)
    return rows


def overlaps(result: SystemResult) -> Mapping[str, float]:
    """Mean IoU of attention and ROI over cases: ``s4``, ``s5`` and ``chance``; nan without any."""
    if result.overlap is None:
        return {"s4": math.nan, "s5": math.nan, "chance": math.nan}
    found = result.overlap._asdict().items()
    known = ~np.isnan(result.overlap.chance)
    return {k: float(v[known].mean()) if known.any() else math.nan for k, v in found}


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows of one form; only an empty file where there is none."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        if rows:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def _named(results: Sequence[SystemResult], system: str) -> list[SystemResult]:
    return [result for result in results if result.name == system]


def _method(system: str) -> str:
    return "Ours" if system == "r50-imp-dpn-tad" else METHODS[system]


def _with_interval(result: SystemResult, *names: str) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name in names:
        row |= _cells(name, result.metrics[name])
    return row


def _cells(name: str, interval: Interval) -> dict[str, Any]:
    value, low, high = (_rounded(edge) for edge in interval)
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def _rounded(value: float) -> float | str:
    """6 decimals; an empty cell for nan."""
    return round(value, 6) if math.isfinite(value) else ""
