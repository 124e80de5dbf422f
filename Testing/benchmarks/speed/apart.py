"""A piece of work in a process of its own, done as often as it is asked for."""

from __future__ import annotations

import subprocess
import sys
from typing import Any


class Apart:
    """Calls a module of this package that answers a line of input with a line of output.

    ``ready``: the module can do its work; as a context manager it ends with the context.
    """

    def __init__(self, module: str, *arguments: str) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.{module}", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.ready = self._answer() == "ready"

    def __enter__(self) -> Apart:
        return self

    def __exit__(self, *_: Any) -> None:
        assert self._child.stdin is not None
        self._child.stdin.close()
        self._child.wait()

    def __call__(self) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write("go\n")
        self._child.stdin.flush()
        if self._answer() != "done":
            raise RuntimeError(f"{self._child.args} ended before its work")

    def _answer(self) -> str:
        assert self._child.stdout is not None
        return self._child.stdout.readline().strip()
