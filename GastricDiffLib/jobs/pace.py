"""How long work will still take, judged by how it has gone."""

from __future__ import annotations

import time


class Pace:
    """An estimate from the steps seen so far; a new total begins a new one."""

    def __init__(self) -> None:
        self._first = self._last = (0.0, 0)
        self._total = -1

    def update(self, done: int, total: int) -> None:
        """Note that so many of ``total`` steps are done by now."""
        now = (time.monotonic(), done)
        if total != self._total or done < self._last[1]:
            self._first, self._total = now, total
        self._last = now

    def left(self) -> float | None:
        """Seconds; None until the steps of a second were seen: parallel work ends in bunches."""
        (since, first), (at, done) = self._first, self._last
        if done <= first or at - since < 1:
            return None
        left = (at - since) / (done - first) * (self._total - done)
        return max(0.0, left - (time.monotonic() - at))
