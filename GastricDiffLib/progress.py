"""How long work reports its progress and its result, and how it is asked to finish."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

Progress = Callable[[int, int, str], None]
"""Called with (steps done, steps in all, message); may raise ``Cancelled`` to end the work."""

STOP_FILE = "stop"
"""Appearing in a training's folder, it ends the run with its best epoch so far."""


class Reporter(Protocol):
    """Where work that runs for long reports to, such as the command line's console.

    ``events``: a program reads it, as JSON lines, and no person.
    """

    events: bool

    def note(self, text: str) -> None:
        """Something that the user must know, not an error."""

    def result(self, **values: Any) -> None:
        """What was made: names and values."""
