"""Jobs in parallel processes, where one that dies takes no other with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Generic, TypeVar

from GastricDiffLib.jobs.worker import begin_worker

Job = TypeVar("Job")
Result = TypeVar("Result")


def default_workers() -> int:
    """One process per core, 8 at most."""
    return min(os.cpu_count() or 1, 8)


def each(
    run: Callable[[Job], Result], jobs: Sequence[Job], workers: int
) -> Iterator[tuple[int, Result | None]]:
    """(index, ``run(job)``) of every job as it ends; None where its process died.

    ``run``, its jobs and results must pickle; exceptions of it end the iteration. With one
    worker, or one job, everything runs in this process.
    """
    if min(workers, len(jobs)) <= 1:
        for index, job in enumerate(jobs):
            yield index, run(job)
        return
    waiting = iter(enumerate(jobs))
    lanes = [_Lane(run) for _ in range(min(workers, len(jobs)))]
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


class _Lane(Generic[Job, Result]):
    """One process with one job at a time: if it dies, it is known which job it died of."""

    def __init__(self, run: Callable[[Job], Result]) -> None:
        self._run = run
        self._pool: ProcessPoolExecutor | None = None
        self.future: Future[Result] | None = None
        self.index = -1

    def take(self, job: tuple[int, Job] | None) -> None:
        self.future = None
        if job is None:
            self.close()
            return
        if self._pool is None:
            # spawn: forking a process that already runs torch's threads can lock up
            spawn = get_context("spawn")
            self._pool = ProcessPoolExecutor(1, mp_context=spawn, initializer=begin_worker)
        self.index = job[0]
        self.future = self._pool.submit(self._run, job[1])

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
