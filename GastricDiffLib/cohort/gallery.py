"""``index.html``: the contact sheets of a whole cohort on one page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from GastricDiffLib import RESEARCH_USE
from GastricDiffLib.cohort.manifest import SPLITS
from GastricDiffLib.templates import render


def render_gallery(
    cases: Sequence[dict[str, Any]], classes: Sequence[str], skipped: int, notes: Sequence[str]
) -> str:
    """The page over the cases of ``dataset.json``, pictures linked by relative paths.

    Parameters
    ----------
    cases
        Entries of ``dataset.json``.
    classes
        Names of label 0 and 1.
    skipped
        How many cases could not be exported.
    notes
        Sentences about the cohort; nothing in them may identify a source.
    """
    return render(
        "cohort/gallery.html",
        filters={"spacing": _spacing},
        cases=cases,
        classes=classes,
        skipped=skipped,
        notes=notes,
        splits=SPLITS,
        counts=Counter((case["split"], case["label"]) for case in cases),
        use=RESEARCH_USE,
    )


def _spacing(steps_mm: Sequence[float]) -> str:
    return " × ".join(f"{step:g}" for step in steps_mm)
