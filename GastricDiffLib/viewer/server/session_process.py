"""One browser session as the server sees it: its process, its folder, the browsers it has."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import time
from pathlib import Path

from aiohttp import web

from GastricDiffLib.errors import InputError
from GastricDiffLib.jobs import Job, JobState
from GastricDiffLib.viewer.config import PORT_FILE, Config
from GastricDiffLib.viewer.turns import release

from .folder import QUEUE, SESSIONS
from .options import Options

START_LIMIT = 180.0
"""Seconds a process may take until it listens."""

_FAILED_INPUT, _KILLED = 2, -9


class SessionProcess:
    """A process of its own behind a random port, from its start on.

    Attributes
    ----------
    id
        24 hex digits, part of its address.
    visitor
        Whose it is; None while it is a spare.
    port
        None until it listens.
    ended
        None, or why it did, for its user to read.
    died
        Whether it ended by itself.
    browsers
        The WebSockets that are open.
    born, seen
        When it was started and when a browser last was there, seconds of the monotonic clock.

    Raises
    ------
    InputError
        The process cannot be started.
    """

    def __init__(self, server: Path, options: Options) -> None:
        self.id = secrets.token_hex(12)
        self.visitor: str | None = None
        self.port: int | None = None
        self.ended: str | None = None
        self.died = False
        self.browsers: set[web.WebSocketResponse] = set()
        self.born = self.seen = time.monotonic()
        self.config = Config(
            folder=server / SESSIONS / self.id,
            queue=server / QUEUE,
            secret=secrets.token_urlsafe(32),
            ct=options.ct,
            roi=options.roi,
            model=options.model,
            device=options.device,
        )
        folder = self.config.folder
        folder.mkdir(mode=0o700)
        temporary = folder / "tmp"
        temporary.mkdir()
        # What libraries put aside is removed with the session, too.
        places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
        try:
            self.job = Job.start(
                ["session", self.config.write()], folder / "job", environment=places
            )
        except InputError:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    @property
    def ready(self) -> bool:
        return self.port is not None and self.ended is None

    @property
    def url(self) -> str:
        """Of its process, without a path."""
        return f"http://127.0.0.1:{self.port}"

    def refresh(self) -> None:
        """Look whether it listens by now, or has ended."""
        if self.ended is not None:
            return
        self.job.poll()
        if self.job.state is not JobState.RUNNING:
            self.ended, self.died = self._why(), True
        elif self.port is None:
            with contextlib.suppress(OSError, ValueError):
                self.port = int((self.config.folder / PORT_FILE).read_text())
            if self.port is None and time.monotonic() - self.born > START_LIMIT:
                self.end("It did not start in time.")

    def end(self, why: str) -> None:
        """Ask its process to end; :meth:`gone` is true once that is done."""
        self.ended = self.ended or why
        self.job.cancel()

    def gone(self) -> bool:
        """Whether its process has ended."""
        self.job.poll()
        return self.job.state is not JobState.RUNNING

    def remove(self) -> None:
        """After its end: nothing of it is left, on the disk or in the queue."""
        with contextlib.suppress(OSError):
            release(self.config.queue, self.id)
        shutil.rmtree(self.config.folder, ignore_errors=True)

    def _why(self) -> str:
        """What the process itself meant for its user alone: its log may name the patient."""
        if self.job.exit_code == _FAILED_INPUT and self.job.error:
            return self.job.error
        if self.job.exit_code == _KILLED:
            return "Its process was killed, perhaps for want of memory."
        return "Its process ended unexpectedly."
