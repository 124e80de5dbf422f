"""Work in a process of its own, one job at a time: started, polled, cancelled, tidied up."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from GastricDiffLib.jobs import Job, JobState
from GastricDiffLib.log import keep_job_log

_REFUSED = 2
"""Exit code of a command whose input is at fault: its error line is all that there is."""


@dataclass(frozen=True)
class JobOutcome:
    """How a job ended.

    Attributes
    ----------
    state
        Done, failed or cancelled.
    message
        One line for the user; of a failed job its error line.
    is_error
        Whether the line is shown as an error.
    error
        The job's own last error line; None where there is none.
    exit_code
        None where nobody could learn it; −n: by signal n.
    result
        Fields of the event ``result``, empty where the job sent none.
    log
        The file with all else that the job printed; it is there still. None where it could not
        be kept.
    made
        The file that the user may want next, such as a model.
    """

    state: JobState
    message: str = ""
    is_error: bool = False
    error: str | None = None
    exit_code: int | None = None
    result: dict[str, Any] = field(default_factory=dict)
    log: Path | None = None
    made: Path | None = None

    @property
    def done(self) -> bool:
        """Whether the job did what it was started for."""
        return self.state is JobState.DONE


class Runner(Protocol):
    """What classification, export, training and upload need of the process that works for them.

    Nothing of it waits, :meth:`abandon` apart; :meth:`poll` must be called now and then.
    """

    @property
    def stays(self) -> bool:
        """Whether one process works off all requests, and keeps the CT of the last one."""
        ...

    @property
    def running(self) -> bool:
        """Whether a job runs."""
        ...

    @property
    def command(self) -> str:
        """The first argument of the running job, such as ``train``; empty without one."""
        ...

    @property
    def progress(self) -> tuple[int, int, str] | None:
        """Of the running job: steps done, steps in all, and a message."""
        ...

    @property
    def time_left(self) -> float | None:
        """Seconds that the running job still needs, where that can be estimated."""
        ...

    def start(
        self,
        arguments: Sequence[object],
        folder: Path,
        behind: bool = True,
        temporary: Sequence[Path] = (),
    ) -> None:
        """Start ``gastricdiff ARGUMENTS``.

        Parameters
        ----------
        arguments
            Of the command line.
        folder
            For the job's own files.
        behind
            It gives way to the programs that people look at.
        temporary
            Folders that :meth:`tidy` removes; the log of a job that failed is kept elsewhere.

        Raises
        ------
        InputError
            When it cannot be started; then the temporary folders are gone.
        """
        ...

    def find(self, folder: Path) -> bool:
        """Take up a job that runs in this folder already; whether there is one."""
        ...

    def cancel(self) -> None:
        """Ask the job to end and leave nothing half-done."""
        ...

    def stop(self) -> None:
        """Ask a training to end early and keep its best epoch."""
        ...

    def poll(self) -> JobOutcome | None:
        """Look at the job; its outcome, once."""
        ...

    def tidy(self) -> None:
        """Remove the temporary folders of the job that ended."""
        ...

    def abandon(self, seconds: float = 10) -> None:
        """End the job at once, waiting so long for it, and tidy up."""
        ...


class JobRunner:
    """A :class:`Runner` that starts a process for each job; ``job`` is the one that runs."""

    def __init__(self) -> None:
        self.job: Job | None = None
        self._temporary: tuple[Path, ...] = ()

    @property
    def stays(self) -> bool:
        return False

    @property
    def running(self) -> bool:
        return self.job is not None

    @property
    def command(self) -> str:
        return "" if self.job is None else self.job.arguments[0]

    @property
    def progress(self) -> tuple[int, int, str] | None:
        return None if self.job is None else self.job.progress

    @property
    def time_left(self) -> float | None:
        return None if self.job is None else self.job.time_left

    def start(
        self,
        arguments: Sequence[object],
        folder: Path,
        behind: bool = True,
        temporary: Sequence[Path] = (),
    ) -> None:
        self._temporary = tuple(temporary)
        try:
            self.job = Job.start(arguments, folder, behind=behind)
        except BaseException:
            self.tidy()
            raise

    def find(self, folder: Path) -> bool:
        if self.job is None and folder.is_dir():
            job = Job.find(folder)
            if job is not None and job.state is JobState.RUNNING:
                self.job = job
                return True
        return False

    def cancel(self) -> None:
        if self.job is not None:
            self.job.cancel()

    def stop(self) -> None:
        if self.job is not None:
            self.job.stop()

    def poll(self) -> JobOutcome | None:
        if self.job is None:
            return None
        self.job.poll()
        if self.job.state is JobState.RUNNING:
            return None
        job, self.job = self.job, None
        return self._outcome(job)

    def tidy(self) -> None:
        for folder in self._temporary:
            shutil.rmtree(folder, ignore_errors=True)
        self._temporary = ()

    def abandon(self, seconds: float = 10) -> None:
        if self.job is not None:
            self.job.cancel()
            self.job.wait(seconds)
        self.job = None
        self.tidy()

    def _outcome(self, job: Job) -> JobOutcome:
        failed = job.state is JobState.FAILED
        error: str | None = job.error
        log: Path | None = None if self._temporary else job.log
        if failed and self._temporary and job.exit_code != _REFUSED:
            log = keep_job_log(
                job.log, f"gastricdiff {job.arguments[0]} ended with code {job.exit_code}"
            )
            if error is not None:
                # The line names the log where the process wrote it, which is about to go.
                see = f" (see {job.log})"
                error = error.replace(see, f" (see {log})" if log else "")
        return JobOutcome(
            job.state,
            message=(error or "") if failed else "",
            is_error=failed,
            error=error,
            exit_code=job.exit_code,
            result=dict(job.result or {}),
            log=log,
        )
