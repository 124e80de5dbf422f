"""How jobs end: cancelled, stopped, left alone, found again."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from job_processes import LONG, deaf, family, gone, launcher, parent, progressed, until
from safetensors.torch import load_file

from GastricDiffLib.jobs import Job, JobState
from GastricDiffLib.jobs import job as job_module
from GastricDiffLib.jobs.process import started
from GastricDiffLib.jobs.record import JobRecord, read_record, write_record

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals, and no sh")


def test_cancelling_an_export_ends_its_workers_and_the_same_command_goes_on(
    phantom_cohort, tmp_path
):
    arguments = ["export", phantom_cohort, tmp_path / "out", "--workers", "2"]
    job = Job.start(arguments, tmp_path / "job")
    progressed(job, 2)
    processes = family(tmp_path / "job", children=2)
    job.cancel()
    job.cancel()
    assert job.wait() is JobState.CANCELLED
    assert (job.exit_code, job.error) == (130, "cancelled")
    assert gone(processes)
    assert not (tmp_path / "out" / "dataset.json").exists()
    kept = len(list((tmp_path / "out").glob("*/case.json")))
    assert 0 < kept < 20
    job = Job.start(arguments, tmp_path / "job")
    assert job.wait() is JobState.DONE, job.error
    assert job.result["cases"] == "20 exported, 0 skipped"


@posix
def test_a_job_that_hears_nothing_is_polled_and_ended_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(job_module, "KILLING", 0.5)
    job = Job.start([*LONG, tmp_path / "out"], tmp_path / "job")
    progressed(job)
    processes = family(tmp_path / "job", children=2)
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)
    job.cancel()
    assert job.poll() is not None
    assert job.state is JobState.RUNNING
    assert job.wait() is JobState.CANCELLED
    assert gone(processes)


@posix
@pytest.mark.parametrize("kind", ["command", "launched", "deaf"])
def test_a_job_and_its_children_are_gone_soon_after_their_starter_is_killed(kind, tmp_path):
    python = {"command": lambda _: "", "launched": launcher, "deaf": deaf}[kind]
    starter = parent(tmp_path / "job", [*LONG, tmp_path / "out"], python(tmp_path / "bin"))
    processes = family(tmp_path / "job", children=1 if kind == "deaf" else 3)
    assert all(started(pid) == since for pid, since in processes.items())
    starter.send_signal(signal.SIGKILL)
    assert gone(processes, seconds=10)
    starter.wait()
    job = Job.find(tmp_path / "job")
    assert (job.state, job.exit_code) == (JobState.CANCELLED, 130)
    assert "the program that started this job has ended" in job.log.read_text()


@posix
def test_workers_end_even_if_job_and_starter_are_killed_at_once(tmp_path):
    starter = parent(tmp_path / "job", [*LONG, tmp_path / "out"])
    processes = family(tmp_path / "job", children=3)
    starter.send_signal(signal.SIGSTOP)
    os.kill(next(iter(processes)), signal.SIGKILL)
    starter.send_signal(signal.SIGKILL)
    starter.wait()
    assert gone(processes)
    job = Job.find(tmp_path / "job")
    assert (job.state, job.exit_code) == (JobState.FAILED, None)


def test_a_detached_job_outlives_its_starter_and_is_found_again(tmp_path):
    assert parent(tmp_path / "job", [*LONG, tmp_path / "out"], detached=True).wait() == 0
    job = Job.find(tmp_path / "job")
    assert job.state is JobState.RUNNING
    progressed(job, 3)
    processes = family(tmp_path / "job")
    Job.find(tmp_path / "job").cancel()
    assert job.wait() is JobState.CANCELLED
    assert job.exit_code == 130
    assert gone(processes)


def test_a_detached_job_can_end_while_nobody_looks(tmp_path):
    arguments = ["phantom", "--cases", "2", tmp_path / "out"]
    assert parent(tmp_path / "job", arguments, detached=True).wait() == 0
    early = Job.find(tmp_path / "job")
    assert early.state is JobState.RUNNING
    assert until((tmp_path / "out" / "cohort.csv").exists)
    job = Job.find(tmp_path / "job")
    assert job.wait() is JobState.DONE
    assert job.result["cases"] == 2
    assert [event["event"] for event in job.poll()] == ["progress", "progress", "result"]

    following = Job.start([*LONG, tmp_path / "more"], tmp_path / "job")
    assert early.wait() is not JobState.RUNNING  # and takes nothing from the job after it
    assert Job.find(tmp_path / "job") is following
    assert following.state is JobState.RUNNING
    assert read_record(tmp_path / "job").state == "running"
    following.cancel()
    assert following.wait() is JobState.CANCELLED


@pytest.mark.parametrize("since", ["a time long ago", None])
def test_a_stranger_with_the_number_of_a_job_is_not_taken_for_it(since, tmp_path):
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    (tmp_path / "events.jsonl").write_text(
        json.dumps({"event": "begin", "pid": stranger.pid, "started": since}) + "\n"
    )
    write_record(tmp_path, JobRecord(stranger.pid, since, ["train"], False, None))
    job = Job.find(tmp_path)
    assert job.state is JobState.FAILED
    assert "ended without a message: killed, perhaps out of memory" in job.error
    assert job.exit_code is None
    job.cancel()
    assert stranger.poll() is None
    assert not (tmp_path / "cancel").exists()
    stranger.communicate()


def test_a_damaged_record_is_no_job(tmp_path):
    assert Job.find(tmp_path / "nowhere") is None
    (tmp_path / "job.json").write_text('{"pid": ')
    assert Job.find(tmp_path) is None


def test_a_stopped_training_keeps_its_best_model_and_a_cancelled_one_goes_on(
    phantom_dataset, tmp_path
):
    run = tmp_path / "run"
    arguments = ["train", phantom_dataset, "--out", run, "--width", "0.125", "--size", "64"]
    arguments += ["--epochs", "400", "--patience", "400", "--device", "cpu"]
    job = Job.start(arguments, run)
    steps = epoch_steps(job)
    job.stop()
    assert job.wait() is JobState.DONE, job.error
    assert job.result["model"] == str(run / "model.safetensors")
    rows = list(csv.DictReader((run / "history.csv").open()))
    assert 1 <= len(rows) < 400
    assert load_file(run / "model.safetensors")
    assert not (run / "stop").exists()

    job = Job.start(arguments, run)
    progressed(job)
    assert job.progress[0] > len(rows) * steps
    job.cancel()
    assert job.wait() is JobState.CANCELLED
    assert (run / "last.ckpt").exists()
    assert len(list(csv.DictReader((run / "history.csv").open()))) >= len(rows)


def epoch_steps(job: Job) -> int:
    """Poll until the second epoch has begun; the steps of the first."""
    steps = 0
    while (events := job.poll()) is not None:
        for event in events:
            assert event["event"] == "progress", event
            if event["message"] != "epoch 1/400":
                return steps
            steps = event["done"]
        time.sleep(0.02)
    return steps
