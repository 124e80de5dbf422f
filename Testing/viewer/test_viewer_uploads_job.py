"""An upload read in a process of its own: limits, crash, and what the user reads of them."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys

import pytest
from job_processes import until
from made_results import made_case
from uploads import ct_file, flat_nrrd, uploaded, zipped

from GastricDiffLib.cli.main import main
from GastricDiffLib.errors import InputError
from GastricDiffLib.jobs import Job, JobState
from GastricDiffLib.jobs.record import read_record
from GastricDiffLib.scene import write_scene
from GastricDiffLib.viewer.uploads import Limits, failure_message

posix = pytest.mark.skipif(os.name == "nt", reason="Windows knows no such limits and signals")


def started(tmp_path, files, **limits: int) -> Job:
    folder = uploaded(tmp_path / "upload", files)
    arguments = ["receive", folder, "--out", tmp_path / "out"]
    return Job.start([*arguments, "--limits", json.dumps(limits)], tmp_path / "job")


def test_a_job_reads_an_upload_and_reports_its_progress(tmp_path):
    job = started(tmp_path, {"a.zip": zipped({"ct": ct_file(tmp_path / "ct.nrrd"), "x": b"x"})})
    assert job.wait(300) is JobState.DONE, job.error
    assert job.result["kind"] == "ct" and failure_message(job) == ""
    assert job.progress == (100, 100, "done")
    assert (tmp_path / "out" / "ct.nrrd").is_file()
    notes = [event["message"] for event in job.poll() if event["event"] == "note"]
    assert notes == ["1 file that is no part of a CT left out"]


def test_a_refusal_is_reported_as_it_is_and_no_name_stands_in_the_jobs_files(tmp_path):
    job = started(tmp_path, {"Doe^Jane.zip": zipped({"../Doe^Jane": b""})})
    assert job.wait(300) is JobState.FAILED
    assert failure_message(job) == job.error
    assert failure_message(job).startswith("an archive entry leaves its folder by '..': entry 1 (")
    assert not (tmp_path / "out").exists()
    for path in (tmp_path / "job").iterdir():
        assert b"Doe" not in path.read_bytes(), path.name


@posix
def test_a_volume_larger_than_the_memory_limit_ends_in_a_line(tmp_path):
    air = flat_nrrd((512, 512, 300), lambda data: gzip.compress(data, 1))
    job = started(tmp_path, {"air.nrrd": air}, memory=300 << 20)
    assert job.wait(300) is JobState.FAILED
    assert "memory" in failure_message(job) and "(crop " in failure_message(job)
    assert job.exit_code == 2
    assert "Traceback" not in job.log.read_text() and not (tmp_path / "out").exists()


@posix
def test_an_upload_that_takes_too_long_is_ended_by_its_limit(tmp_path):
    write_scene(tmp_path / "scene.mrb", *made_case())
    job = started(tmp_path, {"scene.mrb": tmp_path / "scene.mrb"}, seconds=1)
    assert job.wait(300) is JobState.FAILED
    assert job.exit_code == -signal.SIGXCPU
    assert failure_message(job).startswith("reading the upload takes too long (")
    assert not (tmp_path / "out").exists()


@posix
@pytest.mark.parametrize(
    ("by", "words"),
    [("SIGSEGV", "made its reader crash"), ("SIGKILL", "out of memory"), ("SIGABRT", "memory")],
)
def test_a_crash_becomes_a_line_without_places_of_this_machine(by, words, tmp_path):
    job = started(tmp_path, {"ct.nrrd": ct_file(tmp_path / "ct.nrrd")})
    record = until(lambda: read_record(tmp_path / "job"))
    os.kill(record.pid, getattr(signal, by))
    assert job.wait(300) is JobState.FAILED
    assert words in failure_message(job) and str(tmp_path) not in failure_message(job)
    assert not (tmp_path / "out").exists()


def test_a_cancelled_upload_leaves_nothing(tmp_path):
    job = started(tmp_path, {"ct.nrrd": ct_file(tmp_path / "ct.nrrd")})
    job.cancel()
    assert job.wait(300) is JobState.CANCELLED
    assert failure_message(job) == "cancelled"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ct.nrrd", "job", "upload"]


def test_limits_travel_as_json_and_nonsense_is_refused(tmp_path, capsys):
    limits = Limits(files=7)
    assert Limits.from_json(limits.to_json()) == limits
    for text in ("", "[]", '{"files": "7"}', '{"files": 0}', '{"files": true}', '{"other": 7}'):
        with pytest.raises(InputError, match="no limits"):
            Limits.from_json(text)
        assert main(["receive", str(tmp_path), "--out", "x", "--limits", text]) == 2
    capsys.readouterr()


def test_the_command_is_not_for_people_and_brings_no_torch_in(tmp_path):
    reported = subprocess.check_output(
        [sys.executable, "-m", "GastricDiffLib", "--help"], text=True
    )
    assert "receive" not in reported and "classify" in reported
    code = "import sys, GastricDiffLib.viewer.uploads; print({'torch', 'slicer'} & {*sys.modules})"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
