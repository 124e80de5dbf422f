"""Processes of this machine: which one a number means, and the end of one with its children."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

_PROC = Path("/proc")


def started(pid: int) -> str | None:
    """When a process began, as a text to compare: with it, a number is never mistaken.

    None if it has ended, fetched by its parent or not.
    """
    if sys.platform == "win32":
        from . import windows

        return windows.started(pid)
    return _started_by_proc(pid) if (_PROC / "self" / "stat").exists() else started_by_ps(pid)


def _started_by_proc(pid: int) -> str | None:
    """Ticks since the machine's start, and which start that was."""
    try:
        fields = _stat(pid)
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    return None if fields[0] in "ZX" else f"{boot} {fields[19]}"


def started_by_ps(pid: int) -> str | None:
    """Where there is no ``/proc``, as on macOS."""
    line = _ps("-o", "stat=,lstart=", "-p", str(pid)).split()
    return None if not line or line[0].startswith("Z") else " ".join(line[1:])


def kill_tree(pid: int) -> None:
    """End a process and all that came from it by force."""
    if sys.platform == "win32":
        subprocess.Popen(
            ["taskkill", "/F", "/T", "/PID", str(pid)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            creationflags=subprocess.CREATE_NO_WINDOW,
        )
        return
    kill_descendants(pid)
    _kill(pid)


def kill_descendants(pid: int) -> None:
    """End by force all that came from a process; some stand in groups of their own."""
    for one in descendants(pid):
        _kill(one)


def _kill(pid: int) -> None:
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def kill_group(group: int) -> None:
    """End a process group by force, whoever of it is left; Windows has none."""
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def descendants(pid: int) -> list[int]:
    """Children, their children and so on."""
    parents = _parents_by_proc() if (_PROC / "self" / "stat").exists() else parents_by_ps()
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


def _parents_by_proc() -> dict[int, int]:
    parents = {}
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(folder.name)] = int(_stat(int(folder.name))[1])
    return parents


def parents_by_ps() -> dict[int, int]:
    """Where there is no ``/proc``: the parent of every process."""
    numbers = [int(number) for number in _ps("-A", "-o", "pid=,ppid=").split()]
    return dict(zip(numbers[::2], numbers[1::2], strict=True))


def _stat(pid: int) -> list[str]:
    """The fields behind the name, which may hold anything: state, parent …"""
    text = (_PROC / str(pid) / "stat").read_text(errors="replace")
    return text.rpartition(")")[2].split()


def _ps(*options: str) -> str:
    try:
        run = subprocess.run(
            ["ps", *options],
            capture_output=True,
            text=True,
            timeout=5,
            # The same text for the same time, wherever it is asked.
            env=os.environ | {"LC_ALL": "C", "TZ": "UTC0"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return run.stdout
