"""What each choice that the paper leaves open is worth, one changed at a time. Run as

    python Testing/benchmarks/ablations.py DATASET OUT [options of gastricdiff compare]

Every variant is trained on the same folds and tested against the first by DeLong's test, Holm-
corrected. It goes on where it was interrupted; OUT/ablations.csv holds the table it prints.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from GastricDiffLib.cli.parser import build_parser
from GastricDiffLib.cli.settings import settings_of
from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.compare import ComparisonPlan, compare
from GastricDiffLib.compare.results import SystemResult, collect
from GastricDiffLib.compare.tables import overlaps, write_csv
from GastricDiffLib.errors import InputError
from GastricDiffLib.metrics.intervals import interval_text
from GastricDiffLib.metrics.paired import delong, holm

SYSTEM = "r50-imp-dpn-tad"
VARIANTS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "merge gate": {"merge": "gate"},
    "normalise softmax": {"normalise": "softmax"},
    "normalise minmax": {"normalise": "minmax"},
    "teacher intensity": {"teacher": "intensity"},
    "lambda 0 (no TAD)": {"lam": 0.0},
    "lambda 0.1": {"lam": 0.1},
    "lambda 5": {"lam": 5.0},
    "beta 0": {"beta": 0.0},
    "beta 2": {"beta": 2.0},
    "scope all": {"scope": "all"},
    "whole slices": {"crop": 0.0},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--variants", help="by name, comma between (default: all)")
    own, more = parser.parse_known_args()
    call = ["compare", str(own.dataset), "--out", str(own.out), *more]
    options = build_parser().parse_args(call)
    chosen = own.variants.split(",") if own.variants else list(VARIANTS)
    dataset = Dataset.open(options.dataset)
    seeds = tuple(range(options.seed, options.seed + options.repeats))
    found: dict[str, SystemResult] = {}
    for name in chosen:
        print(f"{name} …", file=sys.stderr, flush=True)
        settings = settings_of(options) | VARIANTS[name]
        folder = own.out / name.replace(" ", "-")
        plan = ComparisonPlan((SYSTEM,), options.folds, seeds, settings)
        outcomes = compare(dataset, plan, folder, options.device, options.workers)
        (found[name],) = collect(dataset, outcomes)
    rows = table(found)
    write_csv(own.out / "ablations.csv", rows)
    for row in [dict(zip(rows[0], rows[0], strict=True)), *rows]:
        print("  ".join(f"{value!s:<24}" for value in row.values()).rstrip())


def table(found: dict[str, SystemResult]) -> list[dict[str, Any]]:
    first, *others = found.values()
    labels, patients = first.predictions[0].labels, first.predictions[0].patients
    tests = [delong(labels, one.case_p, first.case_p, patients) for one in others]
    corrected = ["", *(f"{p:.2f}" for p in holm([test.p for test in tests]))]
    rows = []
    for (name, one), p, test in zip(found.items(), corrected, [None, *tests], strict=True):
        seen = overlaps(one)
        rows.append(
            {
                "variant": name,
                "case AUC (95 %)": interval_text(one.metrics["case_auc"]),
                "gain": "" if test is None else f"{test.difference:+.3f}",
                "p (Holm)": p,
                "slice AUC": f"{one.metrics['image_auc'].value:.3f}",
                "IoU S4": f"{seen['s4']:.2f}",
                "IoU S5": f"{seen['s5']:.2f}",
            }
        )
    return rows


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        raise SystemExit(f"error: {error}") from None
