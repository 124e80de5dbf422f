"""Cases per minute of the export, against SimpleITK reading the same files and doing nothing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import SimpleITK as sitk

from GastricDiffLib.cohort.export import export_cases
from GastricDiffLib.cohort.manifest import read_cohort
from GastricDiffLib.jobs.pool import default_workers

from .cohorts import noise_cohort
from .common import Row, interleaved, rate_row

SHAPE = (128, 512, 512)
_CASES = 6


def rows(work: Path, quick: bool) -> list[Row]:
    shape, rounds = ((8, 128, 128), 1) if quick else (SHAPE, 3)
    cohort = noise_cohort(work / f"cohort-{_CASES}-{'-'.join(map(str, shape))}", _CASES, shape)
    images = [row.image for row in read_cohort(cohort)]
    out, many = work / "exported", default_workers()
    works: dict[str, Callable[[], object]] = {
        "reading": lambda: [sitk.ReadImage(str(image)) for image in images],
        "one": lambda: _export(cohort, out, 1),
    }
    if many > 1:
        works["many"] = lambda: _export(cohort, out, many)
    seconds = interleaved(works, rounds)
    reading = _CASES / min(seconds["reading"]) * 60
    size = " × ".join(map(str, shape))
    found = [
        Row(f"SimpleITK reading CTs of {size}", reading, "cases/min"),
        rate_row(f"export of them, {_with(1)}", 60 * _CASES, "cases/min", seconds["one"],
                 ceiling=reading, note="ceiling: reading alone"),
    ]  # fmt: skip
    if many > 1:
        note = "baseline: one process, of a fresh start each: imports count"
        name = f"export of them, {_with(many)}"
        row = rate_row(name, 60 * _CASES, "cases/min", seconds["many"], seconds["one"], note=note)
        found.append(row)
    return found


def _with(workers: int) -> str:
    return f"{workers} process{'es' * (workers > 1)}"


def _export(cohort: Path, out: Path, workers: int) -> None:
    # A fresh one each time: of an earlier export the cases would stay.
    shutil.rmtree(out, ignore_errors=True)
    export_cases(cohort, out, workers=workers)
