"""``report.html``: a whole comparison as one file that needs no other."""

from __future__ import annotations

import base64
import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from GastricDiffLib import RESEARCH_USE
from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.compare import figures, tables
from GastricDiffLib.compare.attention import attention_gallery
from GastricDiffLib.compare.evaluation import ROWS, counts
from GastricDiffLib.compare.plan import ComparisonPlan
from GastricDiffLib.compare.published import METHODS, TABLE3, TABLE4
from GastricDiffLib.compare.results import ReferenceComparison, SystemResult
from GastricDiffLib.compare.run import HISTORY
from GastricDiffLib.compare.verdict import signed, verdict
from GastricDiffLib.metrics.intervals import METHOD, RESAMPLES, Interval, interval_text
from GastricDiffLib.nets import SYSTEMS
from GastricDiffLib.templates import render
from GastricDiffLib.train.config import TrainConfig


def report_html(
    dataset: Dataset,
    plan: ComparisonPlan,
    results: Sequence[SystemResult],
    comparisons: Sequence[ReferenceComparison],
    baselines: Sequence[SystemResult],
    notes: Sequence[str] = (),
) -> str:
    """The page: verdict, Tables 3 and 4, all metrics, tests, figures, cases, settings, hashes.

    Pictures stand inside it. It names cases by pseudonym and holds no path.
    """
    first = results[0].predictions[0]
    histories = [
        [_history(outcome.run.folder / HISTORY) for outcome in result.outcomes]
        for result in results
    ]
    return render(
        "compare/report.html",
        filters={
            "interval": interval_text,
            "percent": _percent,
            "p": _p,
            "signed": signed,
            "three": _three,
        },
        use=RESEARCH_USE,
        classes=dataset.classes,
        counts=counts(first),
        protocol=_protocol(plan),
        several=len(plan.seeds) > 1,
        verdict=verdict(results, baselines),
        notes=notes,
        methods=METHODS,
        table3=[(system, TABLE3[system], _find(results, system)) for system in TABLE3],
        table4=[(system, TABLE4[system], _find(results, system)) for system in TABLE4],
        rows=ROWS,
        results=results,
        baselines=baselines,
        comparisons=comparisons,
        overlaps=tables.overlaps,
        method=f"{METHOD}; {RESAMPLES} resamples",
        pictures={
            name: base64.b64encode(png).decode()
            for name, png in {
                "forest": figures.forest(results, baselines),
                "roc": figures.roc(results),
                "reliability": figures.reliability(results, dataset.classes[1]),
                "training": figures.training(results, histories),
                "attention": attention_gallery(results, dataset.window),
            }.items()
        },
        cases=_cases(dataset, results),
        settings=_settings(plan),
        systems=SYSTEMS,
        cohort_hash=dataset.cohort_hash,
        versions=_versions(results),
        runs=[outcome for result in results for outcome in result.outcomes],
    )


def _percent(interval: Interval) -> str:
    return interval_text(interval, decimals=1, scale=100)


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _three(value: float) -> str:
    return f"{value:.3f}" if np.isfinite(value) else "–"


def _find(results: Sequence[SystemResult], system: str) -> SystemResult | None:
    return next((result for result in results if result.name == system), None)


def _protocol(plan: ComparisonPlan) -> str:
    repeats = f"{len(plan.seeds)} seeds" if len(plan.seeds) > 1 else f"seed {plan.seeds[0]}"
    if plan.folds is None:
        return f"the dataset's own split, {repeats}; figures are of its test cases"
    drawn = ", folds drawn anew with each" if len(plan.seeds) > 1 else ""
    return (
        f"{plan.folds} folds, stratified by label and grouped by patient, {repeats}{drawn}; "
        "every case is judged by networks that never saw its patient"
    )


def _history(path: Path) -> list[dict[str, float]]:
    with open(path, newline="", encoding="utf-8") as file:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]


def _cases(dataset: Dataset, results: Sequence[SystemResult]) -> list[dict[str, Any]]:
    """A row a held-out case: its class, and of each system the mean p and whether it was right."""
    first = results[0].predictions[0]
    votes = [result.votes for result in results]
    means = [result.case_p.mean(axis=0) for result in results]
    rows = []
    for index, (case, label) in enumerate(zip(first.cases, first.labels, strict=True)):
        systems = [
            (float(p[index]), bool(vote[index]) == bool(label))
            for p, vote in zip(means, votes, strict=True)
        ]
        rows.append({"case": case, "class": dataset.classes[label], "systems": systems})
    return rows


def _settings(plan: ComparisonPlan) -> dict[str, Any]:
    settings = TrainConfig(seed=plan.seeds[0], **plan.settings).to_json()
    return {name: value for name, value in settings.items() if name not in ("system", "seed")}


def _versions(results: Sequence[SystemResult]) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for result in results:
        for outcome in result.outcomes:
            named = outcome.record["versions"] | {"device": outcome.record["device"]}
            for name, version in named.items():
                found.setdefault(name, set()).add(version)
    return {name: ", ".join(sorted(versions)) for name, versions in found.items()}
