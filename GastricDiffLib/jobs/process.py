"""Processes of this machine: which one a number means, and the end of one with its children.

psutil is imported when it is first needed: inside Slicer it may be installed only after the
module was loaded.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

_PROC = Path("/proc")


def started(pid: int) -> str | None:
    """When a process began, as a text to compare: with it, a number is never mistaken.

    None if it has ended, fetched by its parent or not.
    """
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return None
        return _ticks(pid) if sys.platform == "linux" else repr(process.create_time())
    except (psutil.Error, OSError):
        return None


def _ticks(pid: int) -> str:
    """The machine's start, and ticks of its clock from then on.

    psutil counts from the epoch, and on Linux its times move whenever the clock is set: a job
    that is looked for later, by its record, would be another.
    """
    boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    # The fields behind the name, which may hold anything.
    fields = (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    return f"{boot} {fields[19]}"


def descendants(pid: int) -> list[int]:
    """Children, their children and so on."""
    import psutil

    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return []


def kill_tree(pid: int) -> None:
    """End a process and all that came from it by force."""
    kill_descendants(pid)
    _kill(pid)


def kill_descendants(pid: int) -> None:
    """End by force all that came from a process; some stand in groups of their own."""
    for one in descendants(pid):
        _kill(one)


def kill_group(group: int) -> None:
    """End a process group by force, whoever of it is left; psutil and Windows know none."""
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def _kill(pid: int) -> None:
    import psutil

    with contextlib.suppress(psutil.Error):
        psutil.Process(pid).kill()
