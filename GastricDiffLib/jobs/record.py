"""``job.json``: what another session needs to find a job again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from GastricDiffLib.errors import InputError
from GastricDiffLib.files import replacing
from GastricDiffLib.progress import STOP_FILE

from .names import JOB_FILE


@dataclass
class JobRecord:
    """What ``job.json`` holds.

    ``pid`` and ``started`` identify the process, see :func:`.process.started`; ``stop``: the
    file that makes a training finish; ``state``: of :class:`.JobState`.
    """

    pid: int
    started: str | None
    arguments: list[str]
    detached: bool
    stop: str | None
    state: str = "running"
    exit_code: int | None = None


def read_record(folder: Path) -> JobRecord | None:
    """None where there is none that can be read."""
    try:
        return JobRecord(**json.loads((folder / JOB_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_record(folder: Path, record: JobRecord) -> None:
    """Write it whole or not at all; InputError where it cannot be."""
    try:
        with replacing(folder / JOB_FILE) as path:
            path.write_text(json.dumps(asdict(record), indent=1), encoding="utf-8")
    except OSError as error:
        raise InputError("cannot write here", folder, str(error.strerror)) from error


def stop_file(arguments: Sequence[str]) -> str | None:
    """The file that makes this command, a training, finish early; None for others."""
    if arguments[0] != "train":
        return None
    for option, value in zip(arguments, [*arguments[1:], ""], strict=True):
        name, equals, own = option.partition("=")
        if name == "--out":
            return str(Path(own if equals else value, STOP_FILE).absolute())
    return None
