"""The side of a job that runs inside its process: it ends when asked, and with its starter."""

from __future__ import annotations

import _thread
import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from .names import (
    ASKING,
    BEGIN,
    BEHIND_VARIABLE,
    CANCEL_FILE,
    DETACHED_VARIABLE,
    END,
    EXIT_CANCELLED,
    FOLDER_VARIABLE,
    ORPHANED,
)
from .priority import step_back
from .process import kill_descendants, kill_group, started

_ending = threading.Lock()


def attended(main: Callable[[], int]) -> int:
    """Run ``main`` and return its exit code; as a job where this process was started as one.

    A job ends when the file ``cancel`` appears in its folder or, unless it is detached, when
    its standard input closes, as it does when the starter dies: first by an interrupt, like
    Ctrl+C, after some seconds by force and with all its children.
    """
    folder = os.environ.pop(FOLDER_VARIABLE, None)
    detached = os.environ.pop(DETACHED_VARIABLE, None) is not None
    behind = os.environ.pop(BEHIND_VARIABLE, None) is not None
    if folder is None:
        return main()
    if sys.platform == "win32":
        from .windows import end_children_with_this_process

        end_children_with_this_process()
    if behind:
        step_back()
    signal.signal(signal.SIGTERM, _interrupt)
    _send(BEGIN, pid=os.getpid(), started=started(os.getpid()))
    _watch(_until_cancelled, Path(folder), ASKING)
    if not detached:
        _watch(_until_closed, _own_input(), ORPHANED)
    try:
        code = main()
    except KeyboardInterrupt:
        code = EXIT_CANCELLED
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    _send(END, exit_code=code)
    # To take torch and VTK down takes a second or two, and nobody needs it done.
    os._exit(code)


def _own_input() -> int:
    """Standard input as a descriptor that no child inherits, with nothing in its place.

    On Windows a child that inherits an input which this process is reading hangs.
    """
    own = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return own


def _until_closed(descriptor: int) -> None:
    with contextlib.suppress(OSError):
        while os.read(descriptor, 64):
            pass
    print("the program that started this job has ended", file=sys.stderr, flush=True)


def _until_cancelled(folder: Path) -> None:
    while not (folder / CANCEL_FILE).exists():
        time.sleep(0.2)


def _watch(wait: Callable[[Any], None], what: Any, patience: float) -> None:
    def watch() -> None:
        wait(what)
        # Asked to end before: only the shorter patience counts.
        if _ending.acquire(blocking=False):
            _ask()
        time.sleep(patience)
        _end()

    threading.Thread(target=watch, daemon=True).start()


def _ask() -> None:
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:
        # Breaks off waiting system calls too.
        os.kill(os.getpid(), signal.SIGTERM)


def _end() -> None:
    _send(END, exit_code=EXIT_CANCELLED)
    if sys.platform != "win32":
        kill_descendants(os.getpid())
        kill_group(os.getpgrp())
    os._exit(EXIT_CANCELLED)


def _interrupt(signum: int, frame: Any) -> NoReturn:
    raise KeyboardInterrupt


def _send(event: str, **values: Any) -> None:
    """Write an event for the starter, one line in one piece: two threads may write."""
    with contextlib.suppress(OSError):
        os.write(1, (json.dumps({"event": event} | values) + "\n").encode())
