"""The message for a job that ended without one of its own."""

from __future__ import annotations

from pathlib import Path


def describe_failure(exit_code: int | None, log: Path) -> str:
    """One line: how the process ended, the last line of its log, and where that is.

    ``exit_code``: None where nobody could learn it, −n: by signal n.
    """
    what = _how(exit_code)
    if last := _last_line(log):
        what = f"{what}; the last line of its log: {last}"
    return f"{what} (see {log})"


def _how(exit_code: int | None) -> str:
    if exit_code is None:
        return "the job ended without a message: killed, perhaps out of memory"
    if exit_code >= 0:
        code = f"0x{exit_code:08X}" if exit_code > 255 else str(exit_code)
        return f"the job ended with code {code}"
    memory = ", perhaps out of memory" if -exit_code == _KILL else ""
    return f"the job was ended by signal {-exit_code}{memory}"


_KILL = 9


def _last_line(log: Path, tail: int = 4096) -> str:
    try:
        with open(log, "rb") as file:
            file.seek(max(0, log.stat().st_size - tail))
            lines = file.read().decode("utf-8", "replace").split("\n")
    except OSError:
        return ""
    return next((" ".join(line.split()) for line in reversed(lines) if line.strip()), "")
