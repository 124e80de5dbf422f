"""Commands in processes of their own: what they report, and what is reported of their end."""

import asyncio
import ctypes
import json
import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import psutil  # noqa: F401 - before a test gives the platform another name
import pytest
from job_processes import LONG, family, gone, progressed, script, until

from GastricDiffLib.errors import InputError
from GastricDiffLib.jobs import Job, JobState, interpreter
from GastricDiffLib.jobs.events import EventFile
from GastricDiffLib.jobs.launch import alone
from GastricDiffLib.jobs.process import descendants, started
from GastricDiffLib.jobs.windows import ExtendedLimits

needs_sh = pytest.mark.skipif(os.name == "nt", reason="written in sh")


def test_importing_it_brings_in_nothing_heavy():
    code = "import sys, GastricDiffLib.jobs; print(*{'torch', 'numpy', 'tqdm'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code]).strip() == b""


@pytest.mark.skipif(os.name == "nt", reason="Windows starts it so")
def test_a_job_behind_gives_way_to_what_people_look_at(tmp_path):
    job = Job.start([*LONG, tmp_path / "cohort"], tmp_path / "job", behind=True)
    progressed(job)
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert all(os.getpriority(os.PRIO_PROCESS, number) > own for number in family(job.folder))
    job.cancel()
    assert job.wait(300) is JobState.CANCELLED


def test_a_job_reports_its_progress_and_what_it_made(tmp_path):
    out, folder = tmp_path / "cohort", tmp_path / "job"
    job = Job.start(["phantom", out, "--cases", 2, "--difficulty", "0"], folder)
    assert job.state is JobState.RUNNING
    assert (job.exit_code, job.result, job.progress, job.time_left) == (None, None, None, None)
    events = []
    assert until(lambda: events.extend(job.poll()) or job.state is not JobState.RUNNING)
    assert (job.state, job.exit_code, job.error) == (JobState.DONE, 0, None)
    assert [event["event"] for event in events] == ["progress", "progress", "result"]
    assert job.progress == (2, 2, "phantoms")
    assert job.result == events[-1]
    assert job.result["cohort"] == str(out / "cohort.csv")
    assert job.poll() == []
    found = Job.find(folder)
    assert found is not job
    assert (found.state, found.exit_code, found.result) == (JobState.DONE, 0, job.result)
    assert found.poll() == events
    assert found.arguments[-1] == "--events"


def test_asyncio_can_poll_a_classification(phantom_cohort, tmp_path):
    images = phantom_cohort.parent / "images"
    roi = images / "case-001.mrk.json"

    async def classify():
        arguments = ["classify", images / "case-001.nrrd", "--roi", roi, "--out", tmp_path / "out"]
        job, other = Job.start(arguments, tmp_path / "job"), 0
        while job.state is JobState.RUNNING:
            job.poll()
            other += 1
            await asyncio.sleep(0.02)
        return job, other

    job, other = asyncio.run(classify())
    assert job.state is JobState.DONE, job.error
    assert json.loads((tmp_path / "out" / "case.json").read_text())["vote"] in job.result["vote"]
    assert job.progress[0] == job.progress[1] > 0
    assert other > 5


def test_a_failed_input_is_reported_by_the_commands_own_message(tmp_path):
    job = Job.start(["export", tmp_path / "none.csv", tmp_path / "out"], tmp_path / "job")
    assert job.wait() is JobState.FAILED
    assert job.exit_code == 2
    assert "none.csv" in job.error
    assert [event["event"] for event in job.poll()] == ["error"]
    assert f"error: {job.error}" in job.log.read_text()


@needs_sh
def test_a_program_that_dies_in_the_middle_is_reported_by_its_last_line(tmp_path):
    python = script(tmp_path / "python", "echo 'No module named torch' >&2; echo >&2; exit 3")
    job = Job.start(["info"], tmp_path / "job", python=python)
    assert job.wait() is JobState.FAILED
    assert job.exit_code == 3
    words = "the job ended with code 3; the last line of its log: No module named torch"
    assert job.error.startswith(words)
    assert str(job.log) in job.error


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals")
def test_a_job_killed_from_outside_has_failed_and_leaves_no_child(tmp_path):
    job = Job.start([*LONG, tmp_path / "out"], tmp_path / "job")
    processes = family(tmp_path / "job", children=2)
    os.kill(next(iter(processes)), signal.SIGKILL)
    assert job.wait() is JobState.FAILED
    assert job.exit_code == -9
    assert "ended by signal 9, perhaps out of memory" in job.error
    assert gone(processes)
    found = Job.find(tmp_path / "job")
    assert (found.state, found.exit_code, found.error) == (job.state, -9, job.error)


def test_one_folder_holds_one_running_job_which_is_found_though_nobody_kept_it(tmp_path):
    Job.start([*LONG, tmp_path / "out"], tmp_path / "job")
    with pytest.raises(InputError, match="a job runs in this folder"):
        Job.start(["phantom", tmp_path / "other"], tmp_path / "job")
    job = Job.find(tmp_path / "job")
    progressed(job)
    job.cancel()
    assert job.wait() is JobState.CANCELLED
    assert [path.name for path in tmp_path.iterdir()] == ["job"]  # nothing half-done
    again = Job.start(["phantom", tmp_path / "two", "--cases", "1"], tmp_path / "job")
    assert again.wait() is JobState.FAILED
    assert "too few cases" in again.error


def test_of_two_programs_that_start_a_job_at_once_one_is_refused(tmp_path):
    with alone(tmp_path), pytest.raises(InputError, match="just being started"):
        Job.start(["info", "--systems"], tmp_path)
    assert Job.find(tmp_path) is None


def test_what_cannot_be_started_is_one_line(tmp_path):
    with pytest.raises(InputError, match="cannot start a job"):
        Job.start(["info"], tmp_path / "job", python=tmp_path / "no-python")
    assert Job.find(tmp_path / "job") is None
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot write here"):
        Job.start(["info"], tmp_path / "file")


def test_half_lines_wait_and_the_text_of_libraries_goes_to_the_log(tmp_path):
    path, log = tmp_path / "events.jsonl", tmp_path / "log.txt"
    events = EventFile(path, log)
    assert events.read() == []
    path.write_bytes(b'{"event": "note", "message": "a"}\n{"event": "no')
    assert events.read() == [{"event": "note", "message": "a"}]
    with open(path, "ab") as file:
        file.write(b'te", "message": "b"}\n17\nwarning: {"event": "note", "message": "c"}\nhal')
    assert [event["message"] for event in events.read()] == ["b", "c"]
    assert log.read_bytes() == b"17\nwarning: \n"
    assert events.read() == []
    assert events.read(ended=True) == []
    assert log.read_bytes() == b"17\nwarning: \nhal"
    assert len(EventFile(path, None).read()) == 3
    assert log.read_bytes() == b"17\nwarning: \nhal"


def test_inside_slicer_its_own_python_is_taken(tmp_path, monkeypatch):
    assert str(interpreter()) == sys.executable
    slicer = SimpleNamespace(app=SimpleNamespace(slicerHome=str(tmp_path)))
    monkeypatch.setitem(sys.modules, "slicer", slicer)
    monkeypatch.setattr(sys, "executable", "")
    with pytest.raises(InputError, match="PythonSlicer is missing"):
        interpreter()
    name = "PythonSlicer.exe" if os.name == "nt" else "PythonSlicer"
    python = script(tmp_path / "bin" / name, "")
    assert interpreter() == python


def test_an_embedding_program_without_python_is_reported_what_to_do(monkeypatch):
    monkeypatch.setattr(sys, "executable", "")
    with pytest.raises(InputError, match="no Python interpreter"):
        interpreter()


@pytest.mark.parametrize("platform", [sys.platform, "darwin"])
def test_a_process_is_known_by_its_beginning_until_it_ends(platform, monkeypatch):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    monkeypatch.setattr("GastricDiffLib.jobs.process.sys.platform", platform)
    since = started(child.pid)
    assert since
    assert since == started(child.pid)
    assert since != started(os.getpid())
    assert child.pid in descendants(os.getpid())
    child.stdin.close()
    assert until(lambda: started(child.pid) is None)  # ended, not yet fetched
    child.wait()
    assert started(child.pid) is None
    assert descendants(child.pid) == []


def test_the_structure_for_windows_has_the_size_that_windows_wants():
    assert ctypes.sizeof(ExtendedLimits) == (144 if sys.maxsize > 2**32 else 112)
