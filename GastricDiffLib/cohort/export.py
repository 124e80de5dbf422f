"""Labelled cases to a de-identified dataset of arrays."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from GastricDiffLib import CLASSES
from GastricDiffLib.cohort.case import CaseExportJob, CaseExportOutcome, export_case
from GastricDiffLib.cohort.checks import (
    require_cases,
    spacing_faults,
    spacing_notes,
    split_notes,
)
from GastricDiffLib.cohort.covariates import carried_columns, covariates
from GastricDiffLib.cohort.dataset import FORMAT_VERSION
from GastricDiffLib.cohort.gallery import render_gallery
from GastricDiffLib.cohort.manifest import CohortRow, read_cohort
from GastricDiffLib.cohort.output import (
    INDEX,
    PAGE,
    UNFINISHED,
    open_output,
    prepare,
    remove,
    working,
)
from GastricDiffLib.cohort.pseudonyms import default_key, pseudonym
from GastricDiffLib.cohort.split import split_patients
from GastricDiffLib.ct import Window
from GastricDiffLib.errors import InputError
from GastricDiffLib.jobs.pool import default_workers, each
from GastricDiffLib.progress import Progress

_log = logging.getLogger(__name__)
_DIED = "its process died, of a damaged file or for lack of memory; try fewer --workers"


@dataclass(frozen=True)
class SkippedCase:
    """A case that is not in the dataset; ``row`` is its line in ``cohort.csv``."""

    row: int
    case_id: str
    fault: str

    def __str__(self) -> str:
        return f"row {self.row}, case {self.case_id!r}: {self.fault}"


@dataclass(frozen=True)
class CohortExport:
    """What an export made: ``cases`` as in ``dataset.json``; ``notes`` are for the user."""

    root: Path
    key: Path
    cases: tuple[dict[str, Any], ...]
    skipped: tuple[SkippedCase, ...]
    notes: tuple[str, ...]


def export_cohort(
    cohort: Path | str,
    out: Path | str,
    classes: Sequence[str] = CLASSES,
    seed: int = 0,
    progress: Progress | None = None,
    key: Path | str | None = None,
    workers: int | None = None,
) -> Path:
    """Export as :func:`export_cases` does, but take a skipped case as an error at the end.

    Returns ``out``. The finished cases stay, so that the next call exports the others alone.
    """
    exported = export_cases(cohort, out, classes, seed, progress, key, workers=workers)
    if exported.skipped:
        total = len(exported.cases) + len(exported.skipped)
        raise InputError(
            f"{len(exported.skipped)} of {total} cases could not be exported",
            cohort,
            "; ".join(map(str, exported.skipped)),
        )
    return exported.root


def export_cases(
    cohort: Path | str,
    out: Path | str,
    classes: Sequence[str] = CLASSES,
    seed: int = 0,
    progress: Progress | None = None,
    key: Path | str | None = None,
    carry: Sequence[str] | None = None,
    workers: int | None = None,
) -> CohortExport:
    """Export every case of ``cohort.csv`` that can be, in parallel processes.

    Interrupted, however rudely, the same call continues; the files depend on nothing but
    the sources, the arguments and the key. The split is the file's where it has one,
    otherwise drawn by patient from ``seed``. Cases stand in the order of their arrays'
    hashes, which reveals nothing of the order in the file.

    Parameters
    ----------
    cohort
        ``cohort.csv``.
    out
        A new or empty folder, or that of the same export, interrupted or finished.
    classes
        Names of label 0 and 1.
    seed
        Of the split, where the file has none.
    progress
        Called with (cases done, cases in all, message); may raise ``Cancelled``.
    key
        File of the pseudonyms' key, outside ``out``; made if missing. Default: ``out`` with
        ``.key`` behind it.
    carry
        Columns to carry along, see :func:`carried_columns`.
    workers
        Processes; default one a core, 8 at most.

    Raises
    ------
    InputError
        A fault of the cohort file, the key or the output folder, or too few cases left. A case that
        cannot be exported is skipped instead.
    """
    out = Path(out)
    rows = read_cohort(cohort, classes)
    require_cases([row.label for row in rows], classes, cohort)
    columns, left = carried_columns(rows, carry)
    key_path = Path(key) if key is not None else default_key(out.absolute())
    secret = open_output(out, key_path, [row.image for row in rows])
    window = Window()
    jobs = []
    for row in rows:
        name = pseudonym(secret, "case", row.case_id)
        title = f"{name} · {classes[row.label]}"
        jobs.append(CaseExportJob(row.image, row.roi, out, name, title, secret, window))
    by_name = {job.pseudonym: row for row, job in zip(rows, jobs, strict=True)}
    with working(out):
        prepare(out, by_name.keys())
        processes = workers or default_workers()
        # Numbers alone: a log may leave the hospital, a path or an id must not.
        _log.info("exporting %d cases in up to %d processes", len(jobs), processes)
        outcomes = _run(jobs, processes, progress)
        cases = _entries(by_name, outcomes, _splits(rows, seed), columns, secret)
        faults = _faults(cases, by_name, outcomes)
        for name in faults:
            remove(out / name)
        skipped = tuple(
            SkippedCase(row.number, row.case_id, faults[name])
            for name, row in by_name.items()
            if name in faults
        )
        good = [case for case in cases if case["pseudonym"] not in faults]
        if skipped:
            left_out = "; ".join(map(str, skipped))
            where = f"after leaving out {left_out}"
            require_cases([case["label"] for case in good], classes, where)
        good.sort(key=lambda case: sorted(case["sha256"].items(), reverse=True))
        notes = spacing_notes(good) + split_notes(good, classes)
        _write_index(out, good, classes, window, len(skipped), notes)
        _log.info("exported %d cases, skipped %d", len(good), len(skipped))
    for row, outcome in zip(rows, outcomes, strict=True):
        notes += [f"row {row.number}, case {row.case_id!r}: {note}" for note in outcome.notes]
    if left:
        stay = f"column {', '.join(left)} stays behind, since it may identify"
        notes.append(f"{stay}; --carry names the columns that go along")
    return CohortExport(out, key_path, tuple(good), skipped, tuple(notes))


def _splits(rows: Sequence[CohortRow], seed: int) -> list[str]:
    drawn = split_patients([row.label for row in rows], [row.patient_id for row in rows], seed)
    given = {row.patient_id: row.split for row in rows if row.split}
    return [given.get(row.patient_id, own) for row, own in zip(rows, drawn, strict=True)]


def _run(
    jobs: Sequence[CaseExportJob], workers: int, progress: Progress | None
) -> list[CaseExportOutcome]:
    outcomes = [CaseExportOutcome(None, _DIED)] * len(jobs)
    if progress:
        progress(0, len(jobs), "exporting")
    for done, (index, outcome) in enumerate(each(export_case, jobs, workers), start=1):
        if outcome is not None:
            outcomes[index] = outcome
        if progress:
            progress(done, len(jobs), "exporting")
    return outcomes


def _entries(
    by_name: dict[str, CohortRow],
    outcomes: Sequence[CaseExportOutcome],
    splits: Sequence[str],
    columns: Sequence[str],
    secret: bytes,
) -> list[dict[str, Any]]:
    """The entry in ``dataset.json`` of each case that was exported."""
    entries = []
    for (name, row), outcome, split in zip(by_name.items(), outcomes, splits, strict=True):
        if outcome.entry is not None:
            head = {
                "pseudonym": name,
                "patient": pseudonym(secret, "patient", row.patient_id),
                "label": row.label,
                "split": split,
            }
            extra = {"covariates": covariates(row, columns)} if columns else {}
            entries.append(head | outcome.entry | extra)
    return entries


def _faults(
    cases: Sequence[dict[str, Any]],
    by_name: dict[str, CohortRow],
    outcomes: Sequence[CaseExportOutcome],
) -> dict[str, str]:
    """By pseudonym, why a case is left out: by itself, as a copy, or as unlike all others."""
    faults = {
        name: outcome.fault
        for name, outcome in zip(by_name, outcomes, strict=True)
        if outcome.entry is None
    }
    faults |= _copies(cases, by_name)
    return faults | spacing_faults([case for case in cases if case["pseudonym"] not in faults])


def _copies(cases: Sequence[dict[str, Any]], rows: dict[str, CohortRow]) -> dict[str, str]:
    """By pseudonym, the cases whose arrays show what their paths do not: the same CT again."""
    faults: dict[str, str] = {}
    seen: dict[str, dict[str, Any]] = {}
    lesions: dict[str, dict[str, Any]] = {}
    for case in cases:
        first = seen.setdefault(case["sha256"]["slices"], case)
        same = lesions.setdefault(json.dumps(case["sha256"], sort_keys=True), case)
        if same is not case:
            row = rows[same["pseudonym"]].number
            faults[case["pseudonym"]] = f"the same image and box as row {row}; remove one"
        elif first["patient"] != case["patient"]:
            row = rows[first["pseudonym"]].number
            faults[case["pseudonym"]] = (
                f"the same image as row {row} under another patient; correct patient_id"
            )
    return faults


def _write_index(
    out: Path,
    cases: Sequence[dict[str, Any]],
    classes: Sequence[str],
    window: Window,
    skipped: int,
    notes: Sequence[str],
) -> None:
    index = {
        "format_version": FORMAT_VERSION,
        "window": [window.low, window.high],
        "classes": list(classes),
        "cases": cases,
    }
    texts = {
        PAGE: render_gallery(cases, classes, skipped, notes),
        # Last: a folder with it is a finished dataset.
        INDEX: json.dumps(index, indent=1),
    }
    for name, text in texts.items():
        growing = out / UNFINISHED / name
        growing.write_text(text, encoding="utf-8")
        growing.replace(out / name)
