"""Train and judge every run of a plan; go on where an earlier call was interrupted."""

from __future__ import annotations

import csv
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.compare.overlap import Overlap, overlap
from GastricDiffLib.compare.plan import ComparisonPlan, Run
from GastricDiffLib.errors import InputError
from GastricDiffLib.files import replacing
from GastricDiffLib.inference.model_file import load_model
from GastricDiffLib.inference.predict import predict
from GastricDiffLib.jobs.pool import each
from GastricDiffLib.metrics.predictions import Predictions
from GastricDiffLib.metrics.scores import score
from GastricDiffLib.progress import Progress
from GastricDiffLib.train.distributed import is_main, sync_errors, world
from GastricDiffLib.train.loop import Trainer

RECORD, PREDICTIONS, OVERLAP, MODEL, HISTORY = (
    "run.json",
    "predictions.csv",
    "overlap.csv",
    "model.safetensors",
    "history.csv",
)


@dataclass(frozen=True)
class Outcome:
    """A finished run: its predictions of the test cases, and where it looked.

    ``record``: ``identity`` (settings and data), ``cases``, ``seconds``, ``model_sha256``,
    ``best_epoch``, ``versions``.
    """

    run: Run
    predictions: Predictions
    overlap: Overlap
    record: dict[str, Any]


def compare(
    dataset: Dataset,
    plan: ComparisonPlan,
    out: Path,
    device: str = "auto",
    workers: int = 1,
    progress: Progress | None = None,
    notify: Callable[[str], None] = lambda text: None,
) -> list[Outcome]:
    """Train every run of the plan and predict its test cases, each in a folder of its own.

    A run that an earlier call finished is kept, one that it began goes on. Under torchrun all
    processes call this alike and train each run together; the first judges it.

    Parameters
    ----------
    dataset
        As exported.
    out
        ``out/runs`` holds the runs.
    workers
        Runs at a time, each in a process with its share of the cores; progress then
        goes by whole runs.
    progress
        Called with (steps done, steps in all, message); may raise ``Cancelled``.
    notify
        Called with a line about each run that ended.

    Raises
    ------
    InputError
        The dataset does not allow the plan; a folder holds a run with other settings or data; a run
        diverged or its process died. The other runs are kept.
    """
    if workers > 1 and world() > 1:
        raise InputError(
            f"{workers} workers under torchrun", hint="leave out --workers: all share each run"
        )
    with sync_errors():
        runs = plan.runs(dataset, out)
        kept = [_finished(run) for run in runs]
    todo = [run for run, record in zip(runs, kept, strict=True) if record is None]
    total = sum(run.steps for run in runs)
    done = total - sum(run.steps for run in todo)
    if done and todo:
        notify(f"{len(runs) - len(todo)} of {len(runs)} runs are done already")
    clock = _Clock(total - done)

    def ended(run: Run, finished: int) -> None:
        if not is_main():
            return
        auc = score(Predictions.read(run.folder / PREDICTIONS)).case_auc
        left = clock.left(sum(one.steps for one in todo[:finished]))
        number = len(runs) - len(todo) + finished
        notify(f"{number}/{len(runs)} {_title(run, plan)}: case AUC {auc:.3f}{left}")

    if min(workers, len(todo)) > 1:
        job = partial(_apart, device=device, threads=max(1, (os.cpu_count() or 1) // workers))
        for finished, (index, failure) in enumerate(each(job, todo, workers), start=1):
            run = todo[index]
            if failure is None:
                failure = "its process ended; there may be too little memory for so many workers"
            if failure:
                raise InputError(
                    failure, _title(run, plan), "run the same command again: it goes on from here"
                )
            done += run.steps
            ended(run, finished)
            if progress:
                progress(done, total, f"{finished} of {len(todo)} runs")
    else:
        for finished, run in enumerate(todo, start=1):
            begun = done

            def shown(step: int, steps: int, text: str, run: Run = run, begun: int = begun) -> None:
                if progress:
                    share = run.steps * step // max(steps, 1)
                    progress(begun + share, total, f"{_title(run, plan)}, {text}")

            train_and_predict(run, device, shown)
            done += run.steps
            ended(run, finished)
    with sync_errors():
        return [read_outcome(run) for run in runs]


def train_and_predict(run: Run, device: str = "auto", progress: Progress | None = None) -> None:
    """Bring one run to its end; ``run.json`` is written last and marks it."""
    started = time.monotonic()
    trainer = Trainer(run.dataset, run.config, run.folder, device)
    metadata = trainer.run(progress)
    with sync_errors():
        if is_main():
            _judge(run, trainer, metadata, started)


def _judge(run: Run, trainer: Trainer, metadata: dict[str, Any], started: float) -> None:
    """Predict the test cases of a trained run, and write what :func:`read_outcome` reads."""
    device = trainer.device.type
    model = load_model(run.folder / MODEL)
    cases = run.dataset.split("test")
    predictions = predict(model, cases, device)
    with replacing(run.folder / PREDICTIONS) as path:
        predictions.write(path)
    _write_overlap(run.folder / OVERLAP, predictions.cases, overlap(model, cases, device))
    record = {
        "identity": trainer.identity,
        "cases": {name: len(run.dataset.split(name)) for name in ("train", "val", "test")},
        "best_epoch": metadata["metrics"]["best_epoch"],
        "model_sha256": model.card.sha256,
        "versions": metadata["training"]["versions"],
        "device": device,
        # Of the call that ended it: an interruption before is not counted.
        "seconds": round(time.monotonic() - started, 1),
    }
    with replacing(run.folder / RECORD) as path:
        path.write_text(json.dumps(record, indent=1), encoding="utf-8")
    (run.folder / "last.ckpt").unlink(missing_ok=True)


def read_outcome(run: Run) -> Outcome:
    """A finished run's files; its cases in the order of the dataset."""
    record = json.loads((run.folder / RECORD).read_text(encoding="utf-8"))
    predictions = Predictions.read(run.folder / PREDICTIONS)
    with open(run.folder / OVERLAP, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = {name: np.array([float(row[name]) for row in rows]) for name in Overlap._fields}
    return Outcome(run, predictions, Overlap(**columns), record)


def _apart(run: Run, device: str, threads: int) -> str:
    """:func:`train_and_predict` in a worker: what went wrong, or nothing."""
    import torch

    torch.set_num_threads(threads)
    try:
        train_and_predict(run, device)
    except InputError as error:
        return error.what if not error.where else f"{error.what}, {error.where}"
    return ""


def _finished(run: Run) -> dict[str, Any] | None:
    """The record of a run that is done; None where it is not.

    Raises
    ------
    InputError
        It was done with other settings or other data.
    """
    path = run.folder / RECORD
    if not path.is_file():
        return None
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        identity = record["identity"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("a run's record is damaged", path, "delete its folder") from error
    settings, cohort = run.config.to_json(), run.dataset.cohort_hash
    if identity["settings"] == settings and identity["cohort"] == cohort:
        return record
    other = [name for name, value in settings.items() if identity["settings"].get(name) != value]
    raise InputError(
        f"a run with another {', '.join(other) or 'cohort or split'} stands here",
        run.folder,
        "name another --out, or delete the folder to start anew",
    )


def _write_overlap(path: Path, cases: Sequence[str], found: Overlap) -> None:
    with replacing(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("case", *Overlap._fields))
        writer.writerows(zip(cases, *(column.tolist() for column in found), strict=True))


def _title(run: Run, plan: ComparisonPlan) -> str:
    fold = f", fold {run.fold + 1} of {plan.folds}" if plan.folds else ""
    seed = f", seed {run.seed}" if len(plan.seeds) > 1 else ""
    return f"{run.system}{seed}{fold}"


class _Clock:
    """Time left, from the steps that took the time so far."""

    def __init__(self, steps: int) -> None:
        self.steps, self.started = steps, time.monotonic()

    def left(self, done: int) -> str:
        seconds = (time.monotonic() - self.started) / max(done, 1) * (self.steps - done)
        if done >= self.steps:
            return ""
        return f"; about {_in_words(seconds)} left"


def _in_words(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
