"""A piece of work in processes of its own, done as often as it is asked for."""

from __future__ import annotations

import subprocess
import sys
from itertools import cycle
from typing import Any


class Apart:
    """Calls a module of this package that answers a line of input with a line of output.

    Several processes of it take turns: where its memory happens to lie makes one of them up to a
    third faster than another for as long as it lives. ``ready``: the module can do its work. As a
    context manager it ends with the context.
    """

    def __init__(self, module: str, *arguments: str, processes: int) -> None:
        call = [sys.executable, "-m", f"{__package__}.{module}", *arguments]
        self._children: list[subprocess.Popen[str]] = []
        for _ in range(processes):
            child = subprocess.Popen(
                call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
            )
            self._children.append(child)
            self.ready = _answer(child) == "ready"
            if not self.ready:
                break
        self._turns = cycle(self._children)

    def __enter__(self) -> Apart:
        return self

    def __exit__(self, *_: Any) -> None:
        for child in self._children:
            child.communicate()

    def __call__(self) -> None:
        child = next(self._turns)
        assert child.stdin is not None
        child.stdin.write("go\n")
        if _answer(child) != "done":
            raise RuntimeError(f"{child.args} ended before its work")


def _answer(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()
