"""The folder of all that a server keeps while it runs, and the folders that dead servers left."""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from GastricDiffLib.errors import InputError
from GastricDiffLib.jobs import Job
from GastricDiffLib.jobs.process import started

PREFIX = "gastricdiff-view-"
SESSIONS, QUEUE = "sessions", "queue"
_RECORD = "server.json"
_JUST_MADE = 60.0


@contextmanager
def server_folder() -> Iterator[Path]:
    """A folder for its owner alone, with ``sessions`` and ``queue`` in it; removed at the end.

    Raises
    ------
    InputError
        The system's folder for temporary files cannot be written.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    except OSError as error:
        raise InputError(
            "cannot write here", tempfile.gettempdir(), "name another folder by TMPDIR"
        ) from error
    try:
        record = {"pid": os.getpid(), "started": started(os.getpid())}
        (folder / _RECORD).write_text(json.dumps(record), encoding="utf-8")
        for name in (SESSIONS, QUEUE):
            (folder / name).mkdir(mode=0o700)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned() -> int:
    """Remove the folders of servers that were killed, and end what still runs in them.

    Returns how many there were. Folders of other users and of living servers stay.
    """
    left = [one for one in Path(tempfile.gettempdir()).glob(PREFIX + "*") if _is_left(one)]
    for folder in left:
        for session in (folder / SESSIONS).glob("*"):
            job = Job.find(session / "job")
            if job is not None:
                job.kill()
        shutil.rmtree(folder, ignore_errors=True)
    return len(left)


def _is_left(folder: Path) -> bool:
    try:
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode):
            return False
        if hasattr(os, "getuid") and status.st_uid != os.getuid():
            return False
        record = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        return bool(started(int(record["pid"])) != record["started"])
    except FileNotFoundError:
        # It is being made at this moment, or its maker was killed in that moment.
        return folder.exists() and time.time() - status.st_mtime > _JUST_MADE
    except (OSError, ValueError, KeyError, TypeError):
        return False
