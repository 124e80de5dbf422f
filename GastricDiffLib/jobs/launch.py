"""The start of a job's process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from GastricDiffLib.errors import InputError
from GastricDiffLib.threads import wait_passively

from .names import (
    BEHIND_VARIABLE,
    CANCEL_FILE,
    DETACHED_VARIABLE,
    EVENTS_FILE,
    FOLDER_VARIABLE,
    JOB_FILE,
    LOG_FILE,
)
from .priority import creation_flags


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Make the folder; while this lasts, no other program starts a job in it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = open(folder / "job.lock", "ab")  # noqa: SIM115
    except OSError as error:
        raise InputError("cannot write here", folder, str(error.strerror)) from error
    with file:
        try:
            _lock(file.fileno())
        except (BlockingIOError, PermissionError) as error:
            raise InputError("a job is just being started here", folder, "wait for it") from error
        yield


def _lock(descriptor: int) -> None:
    """Until the descriptor is closed; where the file system has no locks, nothing."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        return
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        pass


def clear(folder: Path, stop: str | None) -> None:
    """Remove what an earlier job left, and a wish to stop that came too late for it."""
    paths = [folder / name for name in (JOB_FILE, EVENTS_FILE, LOG_FILE, CANCEL_FILE)]
    try:
        for path in [*paths, *([Path(stop)] if stop else [])]:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise InputError("cannot write here", path, str(error.strerror)) from error


def launch(
    python: Path,
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    detached: bool,
    behind: bool,
) -> subprocess.Popen[bytes]:
    """Start ``python -m GastricDiffLib ARGUMENTS`` in a group of its own.

    Its output goes to files, which never fill up as a pipe does; its input is a pipe that
    closes when this program ends.
    """
    variables = process_environment(environment) | {FOLDER_VARIABLE: str(folder)}
    if detached:
        variables |= {DETACHED_VARIABLE: "1"}
    if behind:
        variables |= {BEHIND_VARIABLE: "1"}
    try:
        with open(folder / EVENTS_FILE, "ab") as events, open(folder / LOG_FILE, "ab") as log:
            return subprocess.Popen(
                [str(python), "-m", "GastricDiffLib", *arguments],
                stdin=subprocess.DEVNULL if detached else subprocess.PIPE,
                stdout=events,
                stderr=log,
                env=variables,
                start_new_session=sys.platform != "win32",
                creationflags=no_window() | creation_flags(behind),
            )
    except OSError as error:
        raise InputError(
            f"cannot start a job: {error.strerror}", error.filename or python, "name another Python"
        ) from error


def process_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of a process that runs ``python -m GastricDiffLib``.

    All that a Slicer knows of its packages is in its environment; the library may be elsewhere.
    """
    library = str(Path(__file__).resolve().parents[2])
    paths = [library, environment.get("PYTHONPATH") or os.environ.get("PYTHONPATH")]
    variables = os.environ | environment
    variables |= {
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "PYTHONSAFEPATH": "1",  # the working folder is data, not a place of modules
        "PYTHONIOENCODING": "utf-8",
    }
    wait_passively(variables)
    return variables


def no_window() -> int:
    """Flags for a process without a console of its own, on Windows; elsewhere none."""
    if sys.platform != "win32":
        return 0
    return subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
