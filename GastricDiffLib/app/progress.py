"""How far a job is, as a line and a bar."""

from __future__ import annotations

from typing import Any

from GastricDiffLib.i18n import _
from GastricDiffLib.jobs import Job


def progress_line(job: Job) -> str:
    """Its last message, steps done, and the time left where that can be told."""
    if job.progress is None:
        return _("Starting…")
    done, total, message = job.progress
    line = _("{what}: {done} of {total}").format(
        what=message.capitalize() or _("Working"), done=done, total=total
    )
    if job.time_left is None:
        return line
    return _("{line}, about {time} left").format(line=line, time=duration(job.time_left))


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 60:
        return _("{n} s").format(n=max(1, round(seconds)))
    if seconds < 3600:
        return _("{n} min").format(n=round(seconds / 60))
    return _("{n} h").format(n=f"{seconds / 3600:.1f}")


def show_progress(bar: Any, job: Job | None) -> None:
    """Bring a QProgressBar to a job's state; hide it without one."""
    bar.visible = job is not None
    if job is None:
        return
    done, total, _message = job.progress or (0, 0, "")
    # Without steps yet the bar runs to and fro.
    bar.maximum = total
    bar.value = done
