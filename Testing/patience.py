"""How long tests wait: limits in seconds of a quiet machine, longer where the machine is busy.

Waiting is polling, so that a quiet machine is never slower for a generous limit.
"""

from __future__ import annotations

import os
import time


def crowding() -> float:
    """How many processes share a core, of late: 1 where each has its own."""
    if not hasattr(os, "getloadavg"):
        return 1.0
    # Of the last minute; a rise that it does not show yet is covered by generous limits.
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


class Patience:
    """A time limit that runs the slower, the more other work the machine does."""

    def __init__(self, seconds: float) -> None:
        self._left, self._last = seconds, time.monotonic()

    def lasts(self) -> bool:
        """Whether there is time left; to be asked again and again while waiting."""
        now = time.monotonic()
        self._left -= (now - self._last) / crowding()
        self._last = now
        return self._left > 0
