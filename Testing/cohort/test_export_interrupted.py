"""The export killed at random moments, and workers that die or are left alone."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from export_cohorts import content, make_cohort
from job_processes import until

from GastricDiffLib.jobs.pool import each


def test_killed_ten_times_and_then_run_to_the_end_it_equals_an_undisturbed_export(tmp_path):
    cohort = make_cohort(tmp_path / "source", 8)
    command = [sys.executable, "-m", "GastricDiffLib", "export", str(cohort)]
    key = ["--key", str(tmp_path / "key"), "--workers", "2"]
    subprocess.run([*command, str(tmp_path / "undisturbed"), *key], check=True)
    out, rng, reached = tmp_path / "out", random.Random(7), [0]
    for _ in range(10):
        child = subprocess.Popen(
            [*command, str(out), *key, "--events"], stdout=subprocess.PIPE, text=True
        )
        # Into the work on new cases, and from there any moment: writing, renaming, the index.
        wanted = min(reached[-1] + rng.choice((0, 1)), 8)
        while json.loads(child.stdout.readline()).get("done", 8) < wanted:
            pass
        time.sleep(rng.uniform(0, 0.2))
        child.kill()
        child.communicate()
        reached.append(len(list(out.glob("*/case.json"))))
    assert reached == sorted(reached)
    assert any(0 < count < 8 for count in reached)
    subprocess.run([*command, str(out), *key], check=True)
    assert content(out) == content(tmp_path / "undisturbed")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith((".", "key."))]


def die_of_three(number: int) -> int:
    if number == 3:
        os._exit(1)
    return number * number


def test_a_job_whose_process_dies_takes_no_other_with_it():
    assert dict(each(die_of_three, range(6), 2)) == {0: 0, 1: 1, 2: 4, 3: None, 4: 16, 5: 25}


def stay(folder: str) -> None:
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(60)


@pytest.mark.skipif(sys.platform == "win32", reason="asks for processes as POSIX does")
def test_workers_end_with_the_process_that_started_them(tmp_path):
    program = (
        "from GastricDiffLib.jobs.pool import each\n"
        "from test_export_interrupted import stay\n"
        f"list(each(stay, [{str(tmp_path)!r}] * 2, 2))"
    )
    paths = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, sys.path)])
    parent = subprocess.Popen(
        [sys.executable, "-c", program], env=os.environ | {"PYTHONPATH": paths}
    )
    workers = until(lambda: [p for p in tmp_path.iterdir() if len(list(tmp_path.iterdir())) > 1])
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert until(lambda: not any(alive(int(path.name)) for path in workers))


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and that nobody has fetched does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")
