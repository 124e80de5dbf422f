"""How far a job is, as a line and in percent."""

from __future__ import annotations

from GastricDiffLib.app.runner import Runner
from GastricDiffLib.i18n import _


def progress_line(runner: Runner) -> str:
    """The running job's last message, its steps, and the time left where that can be estimated.

    Empty where none runs.
    """
    if not runner.running:
        return ""
    if runner.progress is None:
        return _("Starting…")
    done, total, message = runner.progress
    line = _("{what}: {done} of {total}").format(
        what=message.capitalize() or _("Working"), done=done, total=total
    )
    if runner.time_left is None:
        return line
    return _("{line}, about {time} left").format(line=line, time=duration(runner.time_left))


def percent(runner: Runner) -> float:
    """The share that is done, 0…100; −1 where it is not known."""
    done, total, _message = runner.progress or (0, 0, "")
    return 100.0 * done / total if total else -1.0


def duration(seconds: float) -> str:
    """Seconds in the unit that people would use.

    >>> [duration(seconds) for seconds in (0.2, 59, 90, 7000)]
    ['1 s', '59 s', '2 min', '1.9 h']
    """
    if seconds < 60:
        return _("{n} s").format(n=max(1, round(seconds)))
    if seconds < 3600:
        return _("{n} min").format(n=round(seconds / 60))
    return _("{n} h").format(n=f"{seconds / 3600:.1f}")
