"""A command of ``gastricdiff`` in a process of its own."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar

from GastricDiffLib.errors import InputError

from .events import EventFile
from .failure import describe_failure
from .interpreter import interpreter
from .launch import alone, clear, launch
from .names import (
    BEGIN,
    CANCEL_FILE,
    END,
    EVENTS_FILE,
    EXIT_CANCELLED,
    KILLING,
    LOG_FILE,
)
from .pace import Pace
from .process import kill_tree, started
from .record import JobRecord, read_record, stop_file, write_record
from .tree import ProcessTree


class JobState(str, Enum):
    """Running, or how it ended."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job:
    """One run of a command, as seen by the program that started it or found it again.

    Nothing but :meth:`wait` ever blocks; :meth:`poll` must be called now and then, by a timer
    or in a loop. Attributes, as of the last look:

    ``state``; ``exit_code`` (None while running, or where nobody could learn it; −n: by
    signal n); ``error``, the last error line; ``result``, the event of that name; ``progress``,
    (done, total, message); ``folder``; ``log``, the file with all else that it printed.

    A job that is not detached ends with the program that started it.
    """

    _own: ClassVar[dict[Path, Job]] = {}  # kept while they run: a dropped one would end

    def __init__(
        self, record: JobRecord, folder: Path, process: subprocess.Popen[bytes] | None
    ) -> None:
        """Not for callers: see :meth:`start` and :meth:`find`."""
        self.folder, self.log = folder, folder / LOG_FILE
        self.state = JobState.RUNNING
        self.exit_code: int | None = None
        self.error: str | None = None
        self.result: dict[str, Any] | None = None
        self.progress: tuple[int, int, str] | None = None
        self._record, self._tree = record, ProcessTree(record.pid, record.started, process)
        self._file = EventFile(folder / EVENTS_FILE, self.log if process else None)
        self._waiting: list[dict[str, Any]] = []
        self._reported_code: int | None = None
        self._deadline: float | None = None
        self._pace = Pace()

    @classmethod
    def start(
        cls,
        arguments: Sequence[object],
        folder: Path | str,
        python: Path | str | None = None,
        environment: Mapping[str, str] | None = None,
        detached: bool = False,
        behind: bool = False,
    ) -> Job:
        """Start ``gastricdiff ARGUMENTS --events``.

        Parameters
        ----------
        folder
            For ``job.json``, ``events.jsonl`` and ``log.txt``, which hold paths of the sources: not
            for passing on. It may be a training's ``--out``, not that of a command that wants a new
            folder. What an earlier job left in it is removed.
        python
            Default :func:`interpreter`.
        environment
            Variables to add to this process's.
        detached
            It goes on when this program ends; :meth:`find` finds it.
        behind
            It gives way to the programs that people look at.

        Raises
        ------
        InputError
            A job runs in that folder, it cannot be written, or there is no interpreter that can be
            started.
        """
        folder = Path(folder).absolute()
        command = [str(argument) for argument in arguments]
        command += [] if "--events" in command else ["--events"]
        python = Path(python) if python is not None else interpreter()
        with alone(folder):
            former = cls.find(folder)
            if former is not None and former.state is JobState.RUNNING:
                raise InputError(
                    "a job runs in this folder", folder, "wait for its end, or cancel it"
                )
            stop = stop_file(command)
            clear(folder, stop)
            process = launch(python, command, folder, environment or {}, detached, behind)
            record = JobRecord(process.pid, started(process.pid), command, detached, stop)
            job = cls(record, folder, process)
            try:
                write_record(folder, record)
            except BaseException:
                kill_tree(process.pid)
                raise
        cls._own[folder] = job
        return job

    @classmethod
    def find(cls, folder: Path | str) -> Job | None:
        """The job of this folder, running or ended, whoever started it; None if there is none.

        One that this session started and that still runs is the same object; of any other, the
        first :meth:`poll` gives all events.
        """
        folder = Path(folder).absolute()
        if (own := cls._own.get(folder)) is not None:
            own._look()
            return own
        record = read_record(folder)
        if record is None:
            return None
        job = cls(record, folder, None)
        job._look()
        return job

    @property
    def arguments(self) -> list[str]:
        return list(self._record.arguments)

    @property
    def time_left(self) -> float | None:
        """Seconds, as the progress so far lets expect; None where it is too early for that."""
        return self._pace.left() if self.state is JobState.RUNNING else None

    def poll(self) -> list[dict[str, Any]]:
        """Look at the process; the events since the last call, oldest first.

        Each has the key ``event``: ``progress`` (``done``, ``total``, ``message``), ``note`` or
        ``error`` (``message``), ``result`` (what the command made).
        """
        self._look()
        events, self._waiting = self._waiting, []
        return events

    def cancel(self) -> None:
        """Ask it to end and leave nothing half-done; later calls of :meth:`poll` see to it."""
        if self.state is not JobState.RUNNING or self._deadline is not None:
            return
        self._deadline = time.monotonic() + KILLING
        try:
            (self.folder / CANCEL_FILE).touch()
        except OSError:
            self._deadline = time.monotonic()

    def kill(self) -> None:
        """End it by force and with its children, at once; what it was writing stays half done."""
        if self.state is JobState.RUNNING:
            self._tree.kill()

    def stop(self) -> None:
        """Ask a training to finish with its best epoch so far, as if stopped early.

        Raises
        ------
        InputError
            The command has no ``--out``, or it cannot be written.
        """
        if self.state is not JobState.RUNNING:
            return
        if self._record.stop is None:
            raise InputError("this job cannot be stopped", hint="cancel it")
        path = Path(self._record.stop)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        except OSError as error:
            raise InputError("cannot write here", path, str(error.strerror)) from error

    def wait(self, timeout: float | None = None) -> JobState:
        """Its state at its end, or after so many seconds; for scripts."""
        end = None if timeout is None else time.monotonic() + timeout
        self._look()
        while self.state is JobState.RUNNING and (end is None or time.monotonic() < end):
            time.sleep(0.02)
            self._look()
        return self.state

    def _look(self) -> None:
        if self.state is not JobState.RUNNING:
            return
        # Before reading: what it wrote until then is read.
        ended = self._tree.ended()
        before = self.progress
        for event in self._file.read(ended):
            self._take(event)
        if self.progress is not None and self.progress is not before:
            self._pace.update(*self.progress[:2])
        if ended:
            self._conclude()
        elif self._deadline is not None and time.monotonic() > self._deadline:
            self._deadline = time.monotonic() + 1
            self._tree.kill()

    def _take(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        if kind == BEGIN:
            self._tree.add(event["pid"], event["started"])
            return
        if kind == END:
            # What is over may still hang in taking itself down, and hold a GPU.
            self._reported_code, self._deadline = event["exit_code"], time.monotonic() + KILLING
            return
        if kind == "progress":
            self.progress = event["done"], event["total"], event["message"]
        elif kind == "error":
            self.error = event["message"]
        elif kind == "result":
            self.result = event
        self._waiting.append(event)

    def _conclude(self) -> None:
        self._tree.close()
        if Job._own.get(self.folder) is self:
            del Job._own[self.folder]
        codes = (self._reported_code, self._tree.code, self._record.exit_code)
        self.exit_code = next((code for code in codes if code is not None), None)
        if self.exit_code == 0:
            self.state = JobState.DONE
        elif self.exit_code == EXIT_CANCELLED or self._cancelled():
            self.state = JobState.CANCELLED
        else:
            self.state = JobState.FAILED
            if self._reported_code is None or self.error is None:
                self.error = describe_failure(self.exit_code, self.log)
        kept = read_record(self.folder)
        if kept is None or (kept.pid, kept.started) != (self._record.pid, self._record.started):
            return  # another job has this folder by now
        self._record.state, self._record.exit_code = self.state.value, self.exit_code
        with contextlib.suppress(InputError):
            write_record(self.folder, self._record)

    def _cancelled(self) -> bool:
        return (self.folder / CANCEL_FILE).exists()
