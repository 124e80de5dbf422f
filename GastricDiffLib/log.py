"""Where tracebacks go: a file of this user, and the log of the program that runs us."""

from __future__ import annotations

from pathlib import Path

LOGGER = "GastricDiffLib"
LIBRARIES = ("matplotlib", "PIL")
"""Libraries that log every font and plug-in they look at."""


def log_file() -> Path:
    """The file that keeps tracebacks of unexpected errors; it stays on this machine."""
    return Path.home() / ".gastricdiff" / "log.txt"


def log_exception(message: str) -> Path | None:
    """Log the exception being handled, with its traceback.

    It goes to :func:`log_file`, and to whatever handlers the root logger has: inside Slicer
    these are Slicer's own log and its error window.

    Returns
    -------
    Path or None
        The file; None where it cannot be written.
    """
    # A quarter of a start's time, needed by nobody whose command succeeds.
    import logging

    logger = logging.getLogger(LOGGER)
    path: Path | None = log_file()
    handler: logging.Handler
    try:
        log_file().parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(log_file(), encoding="utf-8")
    except OSError:
        # Without any handler the traceback would be printed on the terminal.
        handler, path = logging.NullHandler(), None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    try:
        logger.exception(message)
    finally:
        logger.removeHandler(handler)
        handler.close()
    return path


def quiet_libraries() -> None:
    """Keep debug lines of ``LIBRARIES`` out of a root logger that takes all levels, as Slicer's."""
    import logging

    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)
