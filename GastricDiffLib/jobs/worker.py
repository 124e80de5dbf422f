"""What every process that works for another does first."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading

from GastricDiffLib.threads import wait_passively


def begin_worker() -> None:
    """It ends with its parent, leaves Ctrl+C to it, and has its threads sleep while they wait."""
    wait_passively()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A worker waits for its next job forever, even when nobody is left to send one.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
