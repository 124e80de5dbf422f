"""What a comparison leaves beside its runs."""

from __future__ import annotations

import json
from pathlib import Path

from GastricDiffLib import RESEARCH_USE
from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.compare import tables
from GastricDiffLib.compare.baselines import MISSING, covariates, radiomics
from GastricDiffLib.compare.plan import ComparisonPlan
from GastricDiffLib.compare.report import report_html
from GastricDiffLib.compare.results import SystemResult, against_reference
from GastricDiffLib.files import replacing

FORMAT_VERSION = 1
REPORT, INDEX = "report.html", "comparison.json"


def write_comparison(
    out: Path, dataset: Dataset, plan: ComparisonPlan, results: list[SystemResult]
) -> list[SystemResult]:
    """Write the tables, out-of-fold predictions and ``report.html``; returns the baselines.

    Everything but the runs' own times follows from settings, data and seeds: an interrupted
    comparison leaves the same files as an undisturbed one.
    """
    held_out = results[0].predictions[0].cases
    baselines = covariates(dataset, held_out)
    by_texture = radiomics(dataset, plan)
    if by_texture is not None:
        baselines.append(by_texture)
    comparisons = against_reference(results)
    width = plan.config(plan.systems[0], plan.seeds[0]).width
    notes = [] if by_texture is not None else [MISSING]
    for result in (*results, *(one for one in baselines if one is by_texture)):
        for seed, predictions in zip(plan.seeds, result.predictions, strict=True):
            with replacing(out / "predictions" / f"{result.name}-seed{seed}.csv") as path:
                predictions.write(path)
    for name, rows in {
        tables.TABLE3_CSV: tables.table3(results),
        tables.TABLE4_CSV: tables.table4(results),
        tables.METRICS_CSV: tables.metrics([*results, *baselines], width),
        tables.TESTS_CSV: tables.tests(comparisons),
    }.items():
        with replacing(out / name) as path:
            tables.write_csv(path, rows)
    index = {
        "format_version": FORMAT_VERSION,
        "research_use": RESEARCH_USE,
        "cohort": dataset.cohort_hash,
        "classes": list(dataset.classes),
        "plan": plan.to_json(),
    }
    with replacing(out / INDEX) as path:
        path.write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")
    page = report_html(dataset, plan, results, comparisons, baselines, notes)
    with replacing(out / REPORT) as path:
        path.write_text(page, encoding="utf-8")
    return baselines
