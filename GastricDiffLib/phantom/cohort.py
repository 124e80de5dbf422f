"""A whole synthetic cohort on disk, the same whatever the number of workers."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from GastricDiffLib import CLASSES
from GastricDiffLib.ct.io.writing import write_nrrd
from GastricDiffLib.ct.roi import write_roi
from GastricDiffLib.errors import InputError
from GastricDiffLib.files import new_folder
from GastricDiffLib.jobs.pool import default_workers, each
from GastricDiffLib.progress import Progress

from .case import DEFAULT_DIFFICULTY, make_case


@dataclass(frozen=True)
class PlannedCase:
    """What one case of a cohort will be made from."""

    case_id: str
    label: int
    seed: np.random.SeedSequence


def plan_cohort(cases: int, seed: int = 0) -> list[PlannedCase]:
    """Balanced labels in random order, and for each case a seed that knows nothing of them."""
    shuffling, *seeds = np.random.SeedSequence(seed).spawn(cases + 1)
    labels = np.arange(cases) < cases // 2
    np.random.default_rng(shuffling).shuffle(labels)
    digits = max(3, len(str(cases)))
    return [
        PlannedCase(f"case-{n:0{digits}d}", int(label), own)
        for n, (label, own) in enumerate(zip(labels, seeds, strict=True), start=1)
    ]


def write_cohort(
    out: str | Path,
    cases: int,
    seed: int = 0,
    difficulty: float = DEFAULT_DIFFICULTY,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Path:
    """Write ``out/cohort.csv`` and, for each case, a CT (.nrrd) and an ROI (.mrk.json).

    The folder appears whole or not at all.

    Parameters
    ----------
    difficulty
        0 (easy) to 1 (hard).
    progress
        ``progress(done, cases, message)`` is called after each case; an exception that it raises
        ends the work.
    workers
        Processes, by default one per core up to 8; the files do not depend on it.

    Returns
    -------
    Path
        Of ``cohort.csv``.

    Raises
    ------
    InputError
        When ``out`` exists and is not an empty folder or cannot be written, ``cases`` < 2, or
        ``difficulty`` is outside 0…1; or when a process was killed.
    """
    out = Path(out)
    _check(cases, seed, difficulty)
    plan = plan_cohort(cases, seed)
    with new_folder(out) as folder:
        (folder / "images").mkdir()
        write = partial(_write_case, str(folder / "images"), difficulty)
        ended = each(write, plan, workers or default_workers())
        for done, (index, written) in enumerate(ended, start=1):
            if written is None:
                raise InputError(
                    "the process that made a phantom was killed",
                    plan[index].case_id,
                    "there may be too little memory: close programs, or use fewer processes",
                )
            if progress is not None:
                progress(done, cases, "phantoms")
        with open(folder / "cohort.csv", "w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(("case_id", "image", "roi", "label"))
            for case in plan:
                stem = f"images/{case.case_id}"
                table.writerow(
                    (case.case_id, f"{stem}.nrrd", f"{stem}.mrk.json", CLASSES[case.label])
                )
    return out / "cohort.csv"


def _write_case(folder: str, difficulty: float, planned: PlannedCase) -> str:
    """Write one case; its identifier."""
    case = make_case(planned.label, planned.seed, difficulty, planned.case_id)
    write_nrrd(Path(folder) / f"{case.case_id}.nrrd", case.volume, case.grid)
    write_roi(Path(folder) / f"{case.case_id}.mrk.json", [case.roi])
    return case.case_id


def _check(cases: int, seed: int, difficulty: float) -> None:
    if cases < 2:
        raise InputError("too few cases for a cohort", cases, "ask for 2 or more")
    if seed < 0:
        raise InputError("the seed is negative", seed, "give 0 or more")
    if not 0 <= difficulty <= 1:
        raise InputError("difficulty out of range", difficulty, "give 0 (easy) to 1 (hard)")
