"""Training, or a comparison of systems, in a process of its own."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from GastricDiffLib.app.cohort import is_dataset
from GastricDiffLib.app.runner import JobOutcome, JobRunner, Runner
from GastricDiffLib.errors import InputError
from GastricDiffLib.i18n import _
from GastricDiffLib.jobs import JobState
from GastricDiffLib.nets.choices import DEVICES
from GastricDiffLib.train.config import SETTINGS

HISTORY, MODEL, REPORT = "history.csv", "model.safetensors", "report.html"


@dataclass(frozen=True)
class TrainRequest:
    """What shall be trained, or compared, where, and with what settings.

    Parameters
    ----------
    dataset
        A dataset folder or a cohort.csv; empty where none is chosen.
    run
        Folder of the output, made where there is none; empty where none is chosen.
    settings
        Values of ``TrainConfig`` by name; its defaults for all others.
    device
        As ``--device``.
    systems
        The systems to compare, by name; none to train ``settings["system"]`` alone.
    folds
        Of the comparison; 0 for the dataset's own split.
    """

    dataset: str
    run: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    device: str = DEVICES[0]
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
        command = "compare" if self.systems else "train"
        words: list[Any] = [command, self.dataset, "--out", self.run, "--device", self.device]
        if self.systems:
            words += ["--systems", ",".join(self.systems)]
            words += ["--folds", self.folds] if self.folds else []
        for name, value in self.settings.items():
            if not (self.systems and name == "system"):
                words += [SETTINGS[name].flag, *SETTINGS[name].values(value)]
        return [str(word) for word in words]


def find_report(run: str) -> Path | None:
    """The report of the comparison that ended in this folder, None where there is none."""
    report = Path(run) / REPORT
    return report.absolute() if run and report.is_file() else None


class TrainLogic:
    """Starts, follows and stops one training at a time; it goes on while other modules are used."""

    def __init__(self, runner: Runner | None = None) -> None:
        self.runner: Runner = JobRunner() if runner is None else runner
        self._run = Path()
        self._stopping = False
        self._seen: tuple[int, int] | None = None

    @property
    def running(self) -> bool:
        """Whether a process is at work."""
        return self.runner.running

    @property
    def comparing(self) -> bool:
        """Whether what runs is a comparison, which can only be cancelled."""
        return self.running and self.runner.command != "train"

    @property
    def stopping(self) -> bool:
        """Whether the training was asked to end."""
        return self._stopping

    def start(self, request: TrainRequest) -> None:
        """Start the process.

        Raises
        ------
        InputError
            When the request has a problem or the process cannot be started.
        """
        if problem := request.problem():
            raise InputError(problem)
        self._run = Path(request.run)
        # A comparison wants a folder of its own.
        folder = Path(f"{self._run.absolute()}.job") if request.systems else self._run
        self.runner.start(request.arguments(), folder)
        self._stopping, self._seen = False, None

    def find(self, run: str) -> bool:
        """Take up a training that runs in this folder already, as after Slicer's restart."""
        if self.running or not run:
            return False
        for folder in (Path(run), Path(f"{Path(run).absolute()}.job")):
            if self.runner.find(folder):
                self._run, self._stopping, self._seen = Path(run), False, None
                return True
        return False

    def stop(self) -> None:
        """End after this epoch and keep the best model; a comparison is cancelled."""
        if not self.running:
            return
        if self._stopping or self.comparing:
            self.runner.cancel()
        else:
            self.runner.stop()
        self._stopping = True

    def abandon(self) -> None:
        """End at once, as when Slicer closes; the run can be continued."""
        self.runner.abandon()

    def poll(self) -> JobOutcome | None:
        """Look at the process; its outcome once it has one, ``made`` the model, if any."""
        comparing, outcome = self.comparing, self.runner.poll()
        if outcome is None:
            return None
        if outcome.state is JobState.CANCELLED:
            again = _("Cancelled. Start goes on after the last finished epoch.")
            return replace(outcome, message=again)
        if outcome.state is JobState.FAILED:
            failed = _("The training failed; see {log}.").format(log=outcome.log)
            return replace(outcome, message=outcome.message or failed)
        if comparing:
            report = self._run / REPORT
            message = _("Compared; the report is {path}").format(path=report)
            return replace(outcome, message=message)
        auc = outcome.result.get("test_case_auc", outcome.result.get("val_case_auc"))
        message = _("Trained; the model is in the selector above.")
        if auc is not None:
            message += " " + _("AUC over cases: {auc}.").format(auc=f"{float(auc):.2f}")
        return replace(outcome, message=message, made=self._run / MODEL)

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
