"""Jobs' processes as the tests need them: a family, its end, a launcher, a parent to kill."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from patience import Patience

from GastricDiffLib.jobs.process import descendants, started
from GastricDiffLib.jobs.record import read_record

LONG = ["phantom", "--cases", "500", "--seed", "3"]
"""Minutes of work by processes of its own; the output folder comes last."""

PARENT = """
import sys, time
from GastricDiffLib.jobs import Job

detached, python, folder, *arguments = sys.argv[1:]
Job.start(arguments, folder, python=python or None, detached=detached == "detached")
time.sleep(0 if detached else 600)
"""

DEAF = """
import subprocess, sys, time
from GastricDiffLib.jobs.child import attended

def main():
    child = "import time; time.sleep(600)"
    subprocess.Popen([sys.executable, "-c", child], start_new_session=True)
    while True:
        try:
            time.sleep(600)
        except KeyboardInterrupt:
            pass

attended(main)
"""


def until(ask, seconds: float = 60):
    """What ``ask`` answers once it is true, or last; ``seconds``: of a quiet machine."""
    patience = Patience(seconds)
    while not (answer := ask()) and patience.lasts():
        time.sleep(0.05)
    return answer


def progressed(job, done: int = 1):
    """Poll the job until so many steps are done."""

    def enough():
        job.poll()
        return job.exit_code is not None or (job.progress and job.progress[0] >= done)

    assert until(enough), job.log.read_text()
    assert job.state.value == "running", job.error


def family(folder: Path, children: int = 1) -> dict[int, str]:
    """The job's process and at least so many descendants, each by number and beginning."""
    pid = until(lambda: (record := read_record(folder)) and record.pid)
    assert until(lambda: len(descendants(pid)) >= children)
    return {one: since for one in [pid, *descendants(pid)] if (since := started(one))}


def gone(family: dict[int, str], seconds: float = 10) -> bool:
    return until(lambda: all(started(pid) != since for pid, since in family.items()), seconds)


def parent(folder: Path, arguments, python="", detached=False) -> subprocess.Popen:
    """A program that starts a job and then does nothing, or when ``detached`` ends."""
    mode = "detached" if detached else ""
    command = [sys.executable, "-c", PARENT, mode, str(python), str(folder), *map(str, arguments)]
    return subprocess.Popen(command)


def script(path: Path, text: str) -> Path:
    """An executable shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def launcher(path: Path) -> Path:
    """As ``PythonSlicer`` does, it starts Python, waits, and reports its death by code 1."""
    return script(path, f'"{sys.executable}" "$@" || exit $(($? > 128 ? 1 : $?))')


def deaf(folder: Path) -> Path:
    """A Python whose command takes no notice of interrupts and has a child out of its group."""
    folder.mkdir()
    (folder / "deaf.py").write_text(DEAF)
    return script(folder / "deaf", f'exec "{sys.executable}" "{folder / "deaf.py"}"')
