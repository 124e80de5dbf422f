"""A process that stays: it has torch and a model in memory, and works off one request at a time."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from GastricDiffLib.errors import InputError
from GastricDiffLib.log import log_file

from .interpreter import interpreter
from .launch import no_window, process_environment
from .process import kill_tree

_LOG_BYTES = 1 << 20
"""From this size on the log of workers begins anew."""


def worker_log() -> Path:
    """The file that takes what workers print beside their events; it stays on this machine."""
    return log_file().parent / "worker.txt"


class Worker:
    """``gastricdiff worker``, started by the constructor; it ends when this program does.

    Nothing of it waits. A request is one JSON line on its standard input; what it answers comes
    back by :meth:`events`, in order: ``begin`` and ``end`` with the request's ``id``, between
    them the events of the command.

    Parameters
    ----------
    python
        Default :func:`interpreter`.
    environment
        Variables to add to this process's.
    idle_minutes
        Without a request, after which it ends; default that of the command.

    Raises
    ------
    InputError
        It cannot be started.
    """

    def __init__(
        self,
        python: Path | None = None,
        environment: Mapping[str, str] | None = None,
        idle_minutes: float | None = None,
    ) -> None:
        idle = [] if idle_minutes is None else ["--idle", str(idle_minutes)]
        python = interpreter() if python is None else python
        self._answers: deque[dict[str, Any]] = deque()
        try:
            with _open_log() as log:
                self._process = subprocess.Popen(
                    [str(python), "-m", "GastricDiffLib", "worker", "--events", *idle],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=process_environment(environment or {}),
                    start_new_session=sys.platform != "win32",
                    creationflags=no_window(),
                )
        except OSError as error:
            raise InputError(
                f"cannot start a worker: {error.strerror}",
                error.filename or python,
                "name another Python",
            ) from error
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """None while it lives; −n: by signal n."""
        return self._process.poll()

    def run(self, number: int, arguments: Sequence[object]) -> bool:
        """Ask it to run ``gastricdiff ARGUMENTS``; whether it could take the request."""
        return self._send(id=number, arguments=[str(argument) for argument in arguments])

    def load(self, number: int, model: Path | str, device: str) -> bool:
        """Ask it to have a model ready; whether it could take the request."""
        return self._send(id=number, load={"model": str(model), "device": device})

    def cancel(self, number: int) -> None:
        """Ask it to end a request before its next batch."""
        self._send(cancel=number)

    def events(self) -> list[dict[str, Any]]:
        """What it has answered since the last call."""
        found = []
        with contextlib.suppress(IndexError):
            while True:
                found.append(self._answers.popleft())
        return found

    def end(self) -> None:
        """End it at once, with all that it started."""
        if self.alive:
            kill_tree(self._process.pid)
        self._process.wait()
        # Closing flushes, and the reader is gone.
        with contextlib.suppress(OSError):
            self._input.close()

    @property
    def _input(self) -> Any:
        assert self._process.stdin is not None
        return self._process.stdin

    def _send(self, **request: Any) -> bool:
        try:
            self._input.write(json.dumps(request).encode() + b"\n")
            self._input.flush()
        except (OSError, ValueError):
            return False
        return True

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            # Text of libraries is no event.
            with contextlib.suppress(ValueError):
                event = json.loads(line)
                if isinstance(event, dict) and "event" in event:
                    self._answers.append(event)


def _open_log() -> Any:
    path = worker_log()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.is_file() and path.stat().st_size > _LOG_BYTES:
        path.unlink()
    file = open(path, "ab")  # noqa: SIM115
    with contextlib.suppress(OSError):
        path.chmod(0o600)
    return file
