"""The processes of one job, from the outside."""

from __future__ import annotations

import subprocess

from .process import kill_group, kill_tree, started


class ProcessTree:
    """The process that was started, and behind a launcher such as PythonSlicer Python itself.

    ``process``: None where another session started it; then it is identified by its number and
    beginning, so that one that got its number later is never taken for it. ``code``: the exit
    code, where it can be learnt.
    """

    def __init__(
        self, pid: int, since: str | None, process: subprocess.Popen[bytes] | None
    ) -> None:
        self._group, self._process = pid, process
        self._known: dict[int, str] = {}
        self.code: int | None = None
        self.add(pid, since)

    def add(self, pid: int, since: str | None) -> None:
        if since is not None:
            self._known[pid] = since

    def ended(self) -> bool:
        if self._process is None:
            return not self._running()
        self.code = self._process.poll()
        return self.code is not None

    def kill(self) -> None:
        """End by force what still runs, children included."""
        running = self._running()
        for pid in running:
            kill_tree(pid)
        # While one of a group runs, its number is not given to another.
        if running or self._process is not None:
            kill_group(self._group)

    def close(self) -> None:
        """After the end: children that were left behind end too."""
        self.kill()
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    def _running(self) -> list[int]:
        return [pid for pid, since in self._known.items() if started(pid) == since]
