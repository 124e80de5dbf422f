"""How long work tells how far it is, and is told to finish."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int, str], None]
"""Called with (steps done, steps in all, message); may raise ``Cancelled`` to end the work."""

STOP_FILE = "stop"
"""Appearing in a training's folder, it ends the run with its best epoch so far."""
