"""Work in the background gives way to what people look at."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

_NICE = 5
"""A third of the share of a program that is not nice. With 19, a seventieth, a classification that
takes two seconds on a quiet machine takes minutes beside a few busy programs, while someone waits
for it; Windows' class "below normal" is as mild."""


def step_back() -> None:
    """Lower this process's priority, and that of all that it starts, for good.

    A job is a session of its own, which Linux schedules as a group: then the group's priority
    counts and not the process's.
    """
    if sys.platform == "win32":
        return  # it was started so
    os.nice(_NICE)
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(_NICE))


def creation_flags(behind: bool) -> int:
    """The same for ``subprocess`` on Windows."""
    if sys.platform != "win32" or not behind:
        return 0
    return subprocess.BELOW_NORMAL_PRIORITY_CLASS
