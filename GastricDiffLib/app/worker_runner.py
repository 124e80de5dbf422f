"""Classifications by a process that stays, so that only the first one waits for torch."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from GastricDiffLib.app.runner import JobOutcome
from GastricDiffLib.i18n import _
from GastricDiffLib.jobs import JobState
from GastricDiffLib.jobs.pace import Pace
from GastricDiffLib.jobs.worker import Worker, worker_log

CANCELLED = 130
PATIENCE = 3.0
"""Seconds that a cancelled request has to end between two batches; then its process is ended."""


class WorkerRunner:
    """A :class:`~GastricDiffLib.app.runner.Runner` that asks one :class:`Worker`.

    The worker is started by :meth:`warm` or by the first request, and anew where it has ended:
    by a crash, or by itself after minutes without a request. It ends with this program.

    Parameters
    ----------
    start_worker
        Makes a worker.
    """

    def __init__(self, start_worker: Callable[[], Worker] = Worker) -> None:
        self._start_worker = start_worker
        self._worker: Worker | None = None
        self._number = 0
        self._arguments: list[str] = []
        self._running = False
        self._temporary: tuple[Path, ...] = ()
        self._deadline: float | None = None
        self._progress: tuple[int, int, str] | None = None
        self._result: dict[str, Any] = {}
        self._error: str | None = None
        self._begun = False
        self._pace = Pace()

    @property
    def stays(self) -> bool:
        return True

    @property
    def running(self) -> bool:
        return self._running

    @property
    def command(self) -> str:
        return self._arguments[0] if self._running else ""

    @property
    def progress(self) -> tuple[int, int, str] | None:
        return self._progress if self._running else None

    @property
    def time_left(self) -> float | None:
        return self._pace.left() if self._running else None

    @property
    def pid(self) -> int | None:
        """The worker's process; None where there is none."""
        return self._worker.pid if self._worker is not None and self._worker.alive else None

    def warm(self, model: Path | str, device: str = "auto") -> None:
        """Start the worker, if none lives, and have it load a model meanwhile.

        Raises
        ------
        InputError
            It cannot be started.
        """
        if not self._running:
            self._number += 1
            self._living().load(self._number, model, device)

    def start(
        self,
        arguments: Sequence[object],
        folder: Path,
        behind: bool = False,
        temporary: Sequence[Path] = (),
    ) -> None:
        """Ask for ``gastricdiff classify …``; ``folder`` and ``behind`` are a job's alone."""
        self._temporary = tuple(temporary)
        self._number += 1
        self._arguments = [str(argument) for argument in arguments]
        self._progress, self._result, self._error, self._begun = None, {}, None, False
        self._deadline, self._pace = None, Pace()
        try:
            # One that has just ended is noticed when it is spoken to.
            if not self._living().run(self._number, self._arguments):
                self._end_worker()
                self._living().run(self._number, self._arguments)
        except BaseException:
            self.tidy()
            raise
        self._running = True

    def find(self, folder: Path) -> bool:
        """No request outlives the program that made it."""
        return False

    def cancel(self) -> None:
        if self._running and self._worker is not None and self._deadline is None:
            self._worker.cancel(self._number)
            self._deadline = time.monotonic() + PATIENCE

    def stop(self) -> None:
        self.cancel()

    def poll(self) -> JobOutcome | None:
        worker = self._worker
        if not self._running or worker is None:
            return None
        alive = worker.alive
        for event in worker.events():
            outcome = self._take(event)
            if outcome is not None:
                return outcome
        if not alive:
            return self._lost(worker)
        if self._deadline is not None and time.monotonic() > self._deadline:
            self._end_worker()
            return self._outcome(JobState.CANCELLED)
        return None

    def tidy(self) -> None:
        for folder in self._temporary:
            shutil.rmtree(folder, ignore_errors=True)
        self._temporary = ()

    def abandon(self, seconds: float = 0) -> None:
        """End the worker at once, whatever it does, and tidy up."""
        self._end_worker()
        self._running = False
        self.tidy()

    def _living(self) -> Worker:
        if self._worker is not None and not self._worker.alive:
            self._end_worker()
        if self._worker is None:
            self._worker = self._start_worker()
        return self._worker

    def _end_worker(self) -> None:
        if self._worker is not None:
            self._worker.end()
        self._worker = None

    def _take(self, event: dict[str, Any]) -> JobOutcome | None:
        """Note one event; the outcome where it is the last of this request."""
        name = event["event"]
        if name in ("begin", "end"):
            # Requests before this one end unseen: cancelled, or a model made ready.
            if event.get("id") != self._number:
                return None
            self._begun = name == "begin"
            if name == "begin":
                return None
            code = event.get("exit_code")
            state = JobState.CANCELLED if code == CANCELLED else JobState.FAILED
            return self._outcome(JobState.DONE if code == 0 else state, code)
        if self._begun:
            if name == "progress":
                self._progress = (event["done"], event["total"], event["message"])
                self._pace.update(*self._progress[:2])
            elif name == "error":
                self._error = event["message"]
            elif name == "result":
                self._result = event
        return None

    def _lost(self, worker: Worker) -> JobOutcome:
        """The process has ended in the middle of the request."""
        code = worker.exit_code
        self._end_worker()
        if self._deadline is not None:
            return self._outcome(JobState.CANCELLED)
        self._error = _(
            "The classification's process ended unexpectedly ({code}); click again for a new one."
        ).format(code=code)
        return self._outcome(JobState.FAILED, code)

    def _outcome(self, state: JobState, code: int | None = None) -> JobOutcome:
        self._running = False
        failed = state is JobState.FAILED
        message = (self._error or "") if failed else ""
        return JobOutcome(
            state, message, failed, self._error, code, dict(self._result), worker_log()
        )
