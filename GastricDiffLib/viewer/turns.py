"""Whose turn it is: one classification at a time among the sessions of a server.

Sessions are processes of their own, so the queue is a folder: a ticket file for each that
waits, oldest first, and ``running``, a second link to the ticket of the one whose turn it is.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

_RUNNING = "running"


class Turn:
    """One place in the queue, taken when made, given up by :meth:`end`."""

    def __init__(self, queue: Path, session: str) -> None:
        self._queue = queue
        self._ticket = queue / f"{time.time_ns():020d}.{session}"
        self._ticket.write_text(session, encoding="utf-8")
        self._mine = False

    def acquire(self) -> bool:
        """Whether it is this one's turn; to be called again until it is."""
        if not self._mine and self.ahead() == 0:
            try:
                # Fails where the one before has not ended: this, not the order, excludes two.
                os.link(self._ticket, self._queue / _RUNNING)
                self._mine = True
            except FileExistsError:
                pass
        return self._mine

    def ahead(self) -> int:
        """How many come before."""
        return sum(ticket < self._ticket.name for ticket in _tickets(self._queue))

    def end(self) -> None:
        """Give the place up, whether the turn had come or not."""
        if self._mine:
            _remove(self._queue / _RUNNING)
            self._mine = False
        _remove(self._ticket)


def release(queue: Path, session: str) -> None:
    """Give up the places of a session that ended without doing so."""
    running = queue / _RUNNING
    with contextlib.suppress(OSError):
        if running.read_text(encoding="utf-8") == session:
            _remove(running)
    for name in _tickets(queue):
        if name.partition(".")[2] == session:
            _remove(queue / name)


def _tickets(queue: Path) -> list[str]:
    return sorted(path.name for path in queue.iterdir() if path.name != _RUNNING)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
