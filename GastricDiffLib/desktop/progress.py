"""A job's progress as a bar."""

from __future__ import annotations

from typing import Any

from GastricDiffLib.app.runner import Runner


def show_progress(bar: Any, runner: Runner) -> None:
    """Bring a QProgressBar to the state of the running job; hide it where none runs."""
    bar.visible = runner.running
    if not runner.running:
        return
    done, total, _message = runner.progress or (0, 0, "")
    # Without steps yet the bar runs to and fro.
    bar.maximum = total
    bar.value = done
