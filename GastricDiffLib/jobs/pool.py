"""One function over many tasks in parallel processes; one that dies takes no other with it.

The workers are part of the work that started them and return its results. A command that is to
go on beside a program, be looked at and be cancelled, is a ``Job``.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Generic, TypeVar

from GastricDiffLib.threads import wait_passively

Task = TypeVar("Task")
Result = TypeVar("Result")


def default_workers() -> int:
    """One process per core, 8 at most."""
    return min(os.cpu_count() or 1, 8)


def each(
    run: Callable[[Task], Result], tasks: Sequence[Task], workers: int
) -> Iterator[tuple[int, Result | None]]:
    """(index, ``run(task)``) of every task as it ends; None where its process died.

    ``run``, its tasks and results must pickle; exceptions of it end the iteration. With one
    worker, or one task, everything runs in this process.
    """
    if min(workers, len(tasks)) <= 1:
        for index, task in enumerate(tasks):
            yield index, run(task)
        return
    waiting = iter(enumerate(tasks))
    lanes = [_Lane(run) for _ in range(min(workers, len(tasks)))]
    try:
        for lane in lanes:
            lane.take(next(waiting, None))
        while busy := {lane.future: lane for lane in lanes if lane.future is not None}:
            for future in wait(busy, return_when=FIRST_COMPLETED).done:
                lane = busy[future]
                ended = lane.index, lane.result()
                lane.take(next(waiting, None))
                yield ended
    finally:
        for lane in lanes:
            lane.close()


class _Lane(Generic[Task, Result]):
    """One process with one task at a time: if it dies, it is known at which."""

    def __init__(self, run: Callable[[Task], Result]) -> None:
        self._run = run
        self._pool: ProcessPoolExecutor | None = None
        self.future: Future[Result] | None = None
        self.index = -1

    def take(self, task: tuple[int, Task] | None) -> None:
        self.future = None
        if task is None:
            self.close()
            return
        if self._pool is None:
            # spawn: forking a process that already runs torch's threads can lock up
            spawn = get_context("spawn")
            self._pool = ProcessPoolExecutor(1, mp_context=spawn, initializer=_begin_worker)
        self.index = task[0]
        self.future = self._pool.submit(self._run, task[1])

    def result(self) -> Result | None:
        assert self.future is not None
        try:
            return self.future.result()
        except BrokenProcessPool:
            self.close()
            return None

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


def _begin_worker() -> None:
    """A worker leaves Ctrl+C to its parent, ends with it, and waits without using a core."""
    wait_passively()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A worker waits for its next task forever, even when nobody is left to send one.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
