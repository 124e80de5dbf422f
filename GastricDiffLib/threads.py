"""How the threads of a computation wait for each other, beside other busy programs.

Between two steps of a network OpenMP's threads by default spin: on a quiet machine the fastest,
but beside a busy program they take the processor from the one thread that all wait for, and a
pass takes up to sixty times as long. Threads that sleep instead cost next to nothing.

For processes of this project alone (the command line, jobs, workers of a pool): how a process
waits is its owner's choice, so importing the library into another program sets nothing.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping

PASSIVE = {
    "OMP_WAIT_POLICY": "PASSIVE",  # of OpenMP itself: GCC's, LLVM's and Intel's libraries
    "KMP_BLOCKTIME": "0",  # ms until a thread sleeps: LLVM's and Intel's, as on Windows and macOS
    "GOMP_SPINCOUNT": "0",  # rounds until a thread sleeps: GCC's
}


def wait_passively(environment: MutableMapping[str, str] | None = None) -> None:
    """Let the threads of a process sleep while they wait; before torch is loaded into it.

    Where one of the variables is set already, its user has chosen, and nothing changes.

    Parameters
    ----------
    environment
        Of a process to be started; this process's own if None.
    """
    environment = os.environ if environment is None else environment
    if not any(name in environment for name in PASSIVE):
        environment.update(PASSIVE)
