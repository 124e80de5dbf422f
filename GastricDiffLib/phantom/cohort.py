"""A whole synthetic cohort on disk, the same whatever the number of workers."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from GastricDiffLib import CLASSES
from GastricDiffLib.ct.io.writing import write_nrrd
from GastricDiffLib.ct.roi import write_roi
from GastricDiffLib.errors import InputError
from GastricDiffLib.files import new_folder
from GastricDiffLib.jobs.worker import begin_worker
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

    The folder appears whole or not at all. ``progress(done, cases, message)`` is called after each
    case; an exception that it raises ends the work. ``workers``: processes, by default one
    per core up to 8; the files do not depend on it. Returns the path of ``cohort.csv``.

    Raises InputError when ``out`` exists and is not an empty folder or cannot be written,
    when ``cases`` < 2, or ``difficulty`` is outside 0…1.
    """
    out = Path(out)
    _check(cases, seed, difficulty)
    plan = plan_cohort(cases, seed)
    with new_folder(out) as folder:
        (folder / "images").mkdir()
        jobs = [(str(folder / "images"), case, difficulty) for case in plan]
        count = min(workers or min(os.cpu_count() or 1, 8), cases)
        for done, _ in enumerate(_each(jobs, count), start=1):
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


def _each(jobs: list[tuple[str, PlannedCase, float]], workers: int) -> Iterator[None]:
    if workers == 1:
        for job in jobs:
            _write_case(*job)
            yield
        return
    # spawn: forking a process that already runs torch's threads can lock up
    spawn = get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=spawn, initializer=begin_worker)
    try:
        for future in as_completed([pool.submit(_write_case, *job) for job in jobs]):
            future.result()
            yield
    finally:
        pool.shutdown(cancel_futures=True)


def _write_case(folder: str, planned: PlannedCase, difficulty: float) -> None:
    case = make_case(planned.label, planned.seed, difficulty, planned.case_id)
    write_nrrd(Path(folder) / f"{case.case_id}.nrrd", case.volume, case.grid)
    write_roi(Path(folder) / f"{case.case_id}.mrk.json", [case.roi])


def _check(cases: int, seed: int, difficulty: float) -> None:
    if cases < 2:
        raise InputError("too few cases for a cohort", cases, "ask for 2 or more")
    if seed < 0:
        raise InputError("the seed is negative", seed, "give 0 or more")
    if not 0 <= difficulty <= 1:
        raise InputError("difficulty out of range", difficulty, "give 0 (easy) to 1 (hard)")
