"""``gastricdiff worker``: classifies what programs ask for, with torch and the model in memory."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import queue
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from GastricDiffLib.cli.command import Command
from GastricDiffLib.cli.console import Console
from GastricDiffLib.errors import Cancelled, InputError

if TYPE_CHECKING:
    from GastricDiffLib.ct import CTVolume
    from GastricDiffLib.inference.classifier import Classifier

IDLE_MINUTES = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of this command."""
    parser.add_argument(
        "--idle",
        type=float,
        default=IDLE_MINUTES,
        metavar="MINUTES",
        help="without a request, after which it ends (default %(default)g)",
    )


def run(options: argparse.Namespace, console: Console) -> None:
    """Work off requests from standard input until that closes, or nothing comes for a while."""
    requests = Requests()
    threading.Thread(target=requests.read, args=(_own_input(),), daemon=True).start()
    kept = Kept()
    while (request := requests.next(60 * options.idle)) is not None:
        WorkerConsole(requests, request, kept).work()
    # To take torch down takes a second, and nobody needs it done.
    sys.stdout.flush()
    os._exit(0)


class Requests:
    """JSON lines from a file descriptor: ``id`` with ``arguments`` or ``load``, or ``cancel``."""

    def __init__(self) -> None:
        self._queue: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._cancelled: set[int] = set()

    def read(self, descriptor: int) -> None:
        """Read until the other side closes; what runs then ends with the process."""
        with open(descriptor, "rb") as lines:
            for line in lines:
                with contextlib.suppress(ValueError):
                    request = json.loads(line)
                    if "cancel" in request:
                        self._cancelled.add(int(request["cancel"]))
                    else:
                        self._queue.put(request)
        # The program that started this one has ended, or wants no more.
        os._exit(0)

    def next(self, seconds: float) -> dict[str, Any] | None:
        """The next request; None where none comes for so long."""
        try:
            return self._queue.get(timeout=seconds)
        except queue.Empty:
            return None

    def cancelled(self, number: int) -> bool:
        return number in self._cancelled


class Kept:
    """What stays in memory from one request to the next: one model, and one CT."""

    def __init__(self) -> None:
        self._classifier: tuple[Any, Classifier] | None = None
        self._volume: tuple[Any, CTVolume] | None = None

    def classifier(self, model: Path | str, device: str) -> Classifier:
        """As :meth:`Classifier.load`, which is not repeated for the file that was loaded last."""
        from GastricDiffLib.inference.classifier import Classifier

        key = (_identity(model), device)
        if self._classifier is None or self._classifier[0] != key:
            self._classifier = None  # two models at once would need twice the memory
            self._classifier = (key, Classifier.load(model, device))
        return self._classifier[1]

    def volume(self, path: Path | str, series: str | None = None) -> CTVolume:
        """As :func:`read_volume`, which is not repeated for the file that was read last."""
        from GastricDiffLib.ct import read_volume

        if not Path(path).is_file():
            return read_volume(path, series)
        key = (_identity(path), series)
        if self._volume is None or self._volume[0] != key:
            self._volume = None
            self._volume = (key, read_volume(path, series))
        return self._volume[1]


class WorkerConsole(Console):
    """Reports the events of one request, and ends its work where it was cancelled."""

    def __init__(self, requests: Requests, request: dict[str, Any], kept: Kept) -> None:
        super().__init__(events=True)
        self._requests, self._request, self._kept = requests, request, kept
        self._number = int(request.get("id", 0))

    def progress(self, done: int, total: int, message: str = "") -> None:
        if self._requests.cancelled(self._number):
            raise Cancelled
        super().progress(done, total, message)

    def work(self) -> None:
        """Do what is asked for, and report how it ended, whatever happens."""
        from GastricDiffLib.cli.main import exit_code

        self._emit("begin", id=self._number)
        code = exit_code(self._do, self)
        self._emit("end", id=self._number, exit_code=code)

    def _do(self) -> int:
        if self._requests.cancelled(self._number):
            raise Cancelled
        if "load" in self._request:
            self._kept.classifier(**self._request["load"])
            return 0
        from GastricDiffLib.cli.classify import classify_files
        from GastricDiffLib.cli.parser import build_parser

        arguments = [str(word) for word in self._request.get("arguments", ())]
        options = build_parser(arguments[0] if arguments else "").parse_args(arguments)
        if options.command != "classify":
            raise InputError(f"a worker does not run {options.command}", hint="start a job")
        classify_files(options, self, self._kept.volume, self._kept.classifier)
        return 0


def _own_input() -> int:
    """Standard input as a descriptor of its own, with nothing in its place for libraries."""
    own = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return own


def _identity(path: Path | str) -> tuple[str, int, int]:
    """A file by its place, time and size: another file in its place is another one."""
    try:
        stat = Path(path).stat()
    except OSError:
        return str(path), 0, 0
    return str(path), stat.st_mtime_ns, stat.st_size


COMMAND = Command(
    "classify what a program asks for, with the model in memory",
    add_arguments,
    run,
    order=120,
    hidden=True,
)
