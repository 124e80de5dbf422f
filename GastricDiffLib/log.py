"""Where tracebacks go: a file of this user, and the log of the program that runs us."""

from __future__ import annotations

from pathlib import Path

LOGGER = "GastricDiffLib"
LIBRARIES = ("matplotlib", "PIL")
"""Libraries that log every font and plug-in they look at."""
KEPT_LOGS, KEPT_BYTES = 20, 1 << 20
"""Of failed jobs: how many logs are kept, and how much of each."""


def log_file() -> Path:
    """The file that keeps tracebacks of unexpected errors; it stays on this machine."""
    return Path.home() / ".gastricdiff" / "log.txt"


def log_exception(message: str, logger: str = LOGGER) -> Path | None:
    """Log the exception being handled, with its traceback.

    It goes to :func:`log_file`, and to whatever handlers the root logger has: inside Slicer
    these are Slicer's own log and its error window.

    Parameters
    ----------
    message
        What was going on.
    logger
        Name of the module's own logger, ``__name__``: one of this package.

    Returns
    -------
    Path or None
        The file; None where it cannot be written.
    """
    # A quarter of a start's time, needed by nobody whose command succeeds.
    import logging

    package = logging.getLogger(LOGGER)
    path: Path | None = log_file()
    handler: logging.Handler
    try:
        log_file().parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(log_file(), encoding="utf-8")
    except OSError:
        # Without any handler the traceback would be printed on the terminal.
        handler, path = logging.NullHandler(), None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    package.addHandler(handler)
    try:
        logging.getLogger(logger).exception(message)
    finally:
        package.removeHandler(handler)
        handler.close()
    return path


def keep_job_log(log: Path, title: str) -> Path | None:
    """Copy the log of a job whose folder is about to be removed beside :func:`log_file`.

    Like that file it stays on this machine, for it may name the sources' paths; only this user
    can read it. The oldest of more than ``KEPT_LOGS`` are removed.

    Parameters
    ----------
    log
        The job's log, which may be missing or empty; of a long one the end is kept.
    title
        First line of the copy: which job it was and how it ended.

    Returns
    -------
    Path or None
        The copy; None where it cannot be written.
    """
    import os
    import time

    folder = log_file().parent / "jobs"
    try:
        with open(log, "rb") as file:
            file.seek(max(0, log.stat().st_size - KEPT_BYTES))
            text = file.read()
    except OSError:
        text = b""
    path = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 10**9:09}.txt"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(f"{title}\n".encode() + text)
        for old in sorted(folder.glob("*.txt"))[:-KEPT_LOGS]:
            old.unlink(missing_ok=True)
    except OSError:
        return None
    return path


def quiet_libraries() -> None:
    """Keep debug lines of ``LIBRARIES`` out of a root logger that takes all levels, as Slicer's."""
    import logging

    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
