"""What a cohort must be before anything is trained on it, and notes about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from GastricDiffLib.cohort.manifest import SPLITS
from GastricDiffLib.errors import InputError

FEWEST_OF_A_CLASS = 3
"""One each to train, to validate and to test on; an honest minimum is far higher."""
LARGEST_SPACING_RATIO = 2.0
_NOTED_SPACING_RATIO = 1.1


def require_cases(labels: Sequence[int], classes: Sequence[str], where: object) -> None:
    """Raise InputError unless both classes are there, with three cases each or more."""
    counts = Counter(labels)
    for label, name in enumerate(classes):
        if not counts[label]:
            other = classes[1 - label]
            raise InputError(
                f"all {len(labels)} cases are {other}, one class only",
                where,
                f"add cases that are {name}",
            )
    if min(counts.values()) < FEWEST_OF_A_CLASS:
        held = " and ".join(f"{counts[label]} {name}" for label, name in enumerate(classes))
        raise InputError(
            f"too few cases, {held}",
            where,
            f"add cases until each class has {FEWEST_OF_A_CLASS} or more",
        )


def split_notes(cases: Sequence[dict[str, Any]], classes: Sequence[str]) -> list[str]:
    """A sentence for every part of the split that lacks a class."""
    notes = []
    for split in SPLITS:
        labels = {case["label"] for case in cases if case["split"] == split}
        lacking = [name for label, name in enumerate(classes) if label not in labels]
        if lacking:
            notes.append(f"the split leaves no {' and no '.join(lacking)} case in {split}")
    return notes


def spacing_notes(cases: Sequence[dict[str, Any]]) -> list[str]:
    """A sentence where the in-plane spacings differ by more than a tenth."""
    sides = [_pixel_mm(case) for case in cases]
    if max(sides) <= _NOTED_SPACING_RATIO * min(sides):
        return []
    return [
        f"mixed in-plane spacings, {min(sides):.2f} to {max(sides):.2f} mm: the network sees "
        "pixels, not millimetres, so check that no class has the finer ones"
    ]


def spacing_faults(cases: Sequence[dict[str, Any]]) -> dict[str, str]:
    """By pseudonym, cases whose pixels are over twice or under half the cohort's median side."""
    median = float(np.median([_pixel_mm(case) for case in cases])) if cases else 1.0
    return {
        case["pseudonym"]: f"in-plane spacing {_pixel_mm(case):.2f} mm, more than a factor of "
        f"{LARGEST_SPACING_RATIO:g} from the cohort's median {median:.2f} mm; "
        "resample it or leave it out"
        for case in cases
        if not 1 / LARGEST_SPACING_RATIO <= _pixel_mm(case) / median <= LARGEST_SPACING_RATIO
    }


def _pixel_mm(case: dict[str, Any]) -> float:
    return float(np.sqrt(case["spacing"][1] * case["spacing"][2]))
