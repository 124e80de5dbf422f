"""The summary of an export, as names and values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from GastricDiffLib.cohort.export import CohortExport
from GastricDiffLib.cohort.manifest import SPLITS
from GastricDiffLib.cohort.output import PAGE


def summary(exported: CohortExport, classes: Sequence[str]) -> dict[str, Any]:
    """Where things lie, the cases by split and label, and every skipped case with its fault."""
    lines: dict[str, Any] = {
        "dataset": exported.root,
        "look_at": exported.root / PAGE,
        "key": f"{exported.key} (leads back to the patients: keep it, and keep it apart)",
        "cases": f"{len(exported.cases)} exported, {len(exported.skipped)} skipped",
    }
    counts = Counter((case["split"], case["label"]) for case in exported.cases)
    for split in SPLITS:
        lines[split] = ", ".join(
            f"{counts[split, label]} {name}" for label, name in enumerate(classes)
        )
    for number, skipped in enumerate(exported.skipped, start=1):
        lines[f"skipped_{number}"] = str(skipped)
    return lines
