"""Training, or a comparison of systems, in a process of its own."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from GastricDiffLib.app.cohort import is_dataset
from GastricDiffLib.i18n import _
from GastricDiffLib.errors import InputError
from GastricDiffLib.jobs import Job, JobState

HISTORY, MODEL, REPORT = "history.csv", "model.safetensors", "report.html"


@dataclass(frozen=True)
class Plan:
    """What shall be trained; ``systems`` where several are compared, with ``folds`` (0: none)."""

    dataset: str
    run: str
    system: str
    epochs: int
    size: int
    device: str
    width: float
    field: float
    batch: int
    systems: tuple[str, ...] = ()
    folds: int = 0

    def problem(self) -> str:
        """Why it cannot start, empty where it can."""
        if not self.dataset:
            return _("Choose the dataset to train on.")
        if not (is_dataset(self.dataset) or Path(self.dataset).is_file()):
            return _("This folder holds no finished dataset: export one.")
        if not self.run:
            return _("Choose a folder for the output.")
        return ""

    def arguments(self) -> list[str]:
        """Of ``gastricdiff``."""
        settings = ["--epochs", self.epochs, "--size", self.size, "--device", self.device]
        settings += ["--width", self.width, "--crop", self.field, "--batch-size", self.batch]
        if self.systems:
            command = ["compare", self.dataset, "--out", self.run]
            command += ["--systems", ",".join(self.systems)]
            command += ["--folds", str(self.folds)] if self.folds else []
        else:
            command = ["train", self.dataset, "--out", self.run, "--system", self.system]
        return [*command, *map(str, settings)]


def find_report(run: str) -> Path | None:
    """The report of the comparison that ended in this folder, None where there is none."""
    report = Path(run) / REPORT
    return report.absolute() if run and report.is_file() else None


@dataclass(frozen=True)
class TrainEnding:
    """How it ended: a line, and the model that it made, if any."""

    message: str
    model: Path | None = None
    wrong: bool = False


class TrainLogic:
    """Starts, follows and stops one training at a time; it goes on while other modules are used."""

    def __init__(self) -> None:
        self.job: Job | None = None
        self._run = Path()
        self._stopping = False
        self._seen: tuple[int, int] | None = None

    @property
    def running(self) -> bool:
        return self.job is not None

    @property
    def stopping(self) -> bool:
        return self._stopping

    def start(self, plan: Plan) -> None:
        """Raises InputError when the plan is unfit or the process cannot be started."""
        if plan.problem():
            raise InputError(plan.problem())
        self._run = Path(plan.run)
        # A comparison wants a folder of its own.
        folder = Path(f"{self._run.absolute()}.job") if plan.systems else self._run
        self.job = Job.start(plan.arguments(), folder, behind=True)
        self._stopping, self._seen = False, None

    def find(self, run: str) -> bool:
        """Take up a training that runs in this folder already, as after Slicer's restart."""
        if self.job is not None or not run:
            return False
        for folder in (Path(run), Path(f"{Path(run).absolute()}.job")):
            job = Job.find(folder) if folder.is_dir() else None
            if job is not None and job.state is JobState.RUNNING:
                self.job, self._run, self._stopping, self._seen = job, Path(run), False, None
                return True
        return False

    def stop(self) -> None:
        """End after this epoch and keep the best model; a comparison is cancelled."""
        if self.job is None:
            return
        if self._stopping or self.job.arguments[0] != "train":
            self.job.cancel()
        else:
            self.job.stop()
        self._stopping = True

    def abandon(self) -> None:
        """End at once, as when Slicer closes; the run can be continued."""
        if self.job is not None:
            self.job.cancel()
            self.job.wait(10)
        self.job = None

    def poll(self) -> TrainEnding | None:
        """Look at the process; its ending once it has one."""
        if self.job is None:
            return None
        self.job.poll()
        if self.job.state is JobState.RUNNING:
            return None
        job, self.job = self.job, None
        if job.state is JobState.CANCELLED:
            return TrainEnding(_("Cancelled. Start goes on after the last finished epoch."))
        if job.state is JobState.FAILED:
            told = job.error or _("The training failed; see {log}.").format(log=job.log)
            return TrainEnding(told, wrong=True)
        if job.arguments[0] != "train":
            report = self._run / REPORT
            return TrainEnding(_("Compared; the report is {path}").format(path=report))
        result = job.result or {}
        auc = result.get("test_case_auc", result.get("val_case_auc"))
        told = _("Trained; the model is in the selector above.")
        if auc is not None:
            told += " " + _("AUC over cases: {auc}.").format(auc=f"{float(auc):.2f}")
        return TrainEnding(told, self._run / MODEL)

    def history(self) -> list[dict[str, float]] | None:
        """The rows of ``history.csv`` where they are other than last time, else None."""
        path = self._run / HISTORY
        try:
            stat = path.stat()
            seen = (stat.st_mtime_ns, stat.st_size)
            if seen == self._seen:
                return None
            with open(path, newline="", encoding="utf-8") as file:
                rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
        except (OSError, ValueError, TypeError, AttributeError):
            return None
        self._seen = seen
        return rows
