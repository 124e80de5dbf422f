"""The runner that classification, export, training and upload share, and its replacements."""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
import time

import pytest
from desktop_scenes import case_scene

from GastricDiffLib import log
from GastricDiffLib.app.classify import ClassifyLogic, ClassifyRequest
from GastricDiffLib.app.progress import percent, progress_line
from GastricDiffLib.app.runner import JobOutcome, JobRunner
from GastricDiffLib.errors import InputError
from GastricDiffLib.jobs import JobState
from GastricDiffLib.scene import find_results


@pytest.fixture
def logs(monkeypatch, tmp_path):
    """The folder of the user's logs."""
    monkeypatch.setattr("GastricDiffLib.log.log_file", lambda: tmp_path / "home" / "log.txt")
    return tmp_path / "home"


@pytest.fixture
def temporary(monkeypatch, tmp_path):
    """Where temporary folders are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def ended(worker) -> JobOutcome:
    """Poll a runner or a logic until its end, as a timer does."""
    limit = time.monotonic() + 600
    while time.monotonic() < limit:
        outcome = worker.poll()
        if outcome is not None:
            return outcome
        time.sleep(0.02)
    raise AssertionError("the job did not end")


def kill(runner: JobRunner) -> None:
    """End the running job as the system does where memory runs out."""
    record = json.loads((runner.job.folder / "job.json").read_text(encoding="utf-8"))
    os.kill(record["pid"], getattr(signal, "SIGKILL", signal.SIGTERM))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that ends a process")
def test_the_message_of_a_killed_job_names_a_log_that_is_there(logs, temporary):
    scene, ct, roi = case_scene()
    logic = ClassifyLogic()
    logic.start(ClassifyRequest(scene, ct, roi, device="cpu"))
    kill(logic.runner)
    outcome = ended(logic)
    assert outcome.state is JobState.FAILED
    assert outcome.is_error
    assert "signal 9" in outcome.message
    assert f"(see {outcome.log})" in outcome.message
    assert outcome.log.parent == logs / "jobs"
    assert "gastricdiff classify ended with code -9" in outcome.log.read_text(encoding="utf-8")
    assert stat.S_IMODE(outcome.log.stat().st_mode) == 0o600
    # The patient's CT is gone all the same.
    assert not any(temporary.iterdir())
    assert find_results(ct) is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that ends a process")
def test_a_job_whose_log_cannot_be_kept_names_none(monkeypatch, temporary, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("GastricDiffLib.log.log_file", lambda: tmp_path / "file" / "log.txt")
    scene, ct, roi = case_scene()
    logic = ClassifyLogic()
    logic.start(ClassifyRequest(scene, ct, roi, device="cpu"))
    kill(logic.runner)
    outcome = ended(logic)
    assert "signal 9" in outcome.message
    assert "(see" not in outcome.message
    assert outcome.log is None


def test_a_refused_input_leaves_no_log(logs, temporary, tmp_path):
    runner = JobRunner()
    folder = temporary / "work"
    roi, out = tmp_path / "no.mrk.json", tmp_path / "out"
    arguments = ["classify", tmp_path / "no.nrrd", "--roi", roi, "--out", out]
    runner.start(arguments, folder / "job", temporary=[folder])
    outcome = ended(runner)
    runner.tidy()
    assert outcome.exit_code == 2
    assert outcome.message == outcome.error
    assert "no such ROI file" in outcome.message
    assert not logs.exists()
    assert not folder.exists()


def test_a_job_in_a_folder_that_stays_keeps_its_log_there(logs, tmp_path):
    runner = JobRunner()
    runner.start(["info", tmp_path / "no.safetensors"], tmp_path / "job")
    assert (runner.running, runner.command) == (True, "info")
    assert progress_line(runner) == "Starting…"
    assert percent(runner) == -1
    outcome = ended(runner)
    runner.tidy()
    assert outcome.log == tmp_path / "job" / "log.txt"
    assert outcome.log.is_file()
    assert (runner.running, runner.command, progress_line(runner)) == (False, "", "")


def test_a_job_that_cannot_be_started_leaves_no_temporary_folder(monkeypatch, temporary):
    def refuse() -> None:
        raise InputError("no Python interpreter for a job")

    monkeypatch.setattr("GastricDiffLib.jobs.job.interpreter", refuse)
    scene, ct, roi = case_scene()
    logic = ClassifyLogic()
    with pytest.raises(InputError, match="no Python interpreter"):
        logic.start(ClassifyRequest(scene, ct, roi))
    assert not logic.running
    assert not any(temporary.iterdir())


def test_abandoning_ends_the_process_and_removes_its_folder(temporary):
    scene, ct, roi = case_scene()
    logic = ClassifyLogic()
    logic.start(ClassifyRequest(scene, ct, roi, device="cpu"))
    job = logic.runner.job
    logic.abandon()
    assert job.state is JobState.CANCELLED
    assert not logic.running
    assert logic.poll() is None
    assert not any(temporary.iterdir())


def test_only_the_newest_logs_are_kept_and_of_each_its_end(logs, tmp_path, monkeypatch):
    monkeypatch.setattr(log, "KEPT_LOGS", 3)
    monkeypatch.setattr(log, "KEPT_BYTES", 10)
    source = tmp_path / "log.txt"
    source.write_text("x" * 100 + "the end")
    kept = [log.keep_job_log(source, f"job {number}") for number in range(5)]
    assert sorted((logs / "jobs").iterdir()) == kept[2:]
    assert kept[-1].read_text() == "job 4\nxxxthe end"


class InThisProcess(JobRunner):
    """Runs a command at once where its caller runs, as a worker that is warm would."""

    def __init__(self) -> None:
        super().__init__()
        self._outcome_waiting: JobOutcome | None = None

    @property
    def running(self) -> bool:
        return self._outcome_waiting is not None

    def start(self, arguments, folder, behind=True, temporary=()):
        from GastricDiffLib.cli.main import main

        self._temporary = tuple(temporary)
        code = main([str(argument) for argument in arguments])
        state = JobState.DONE if code == 0 else JobState.FAILED
        self._outcome_waiting = JobOutcome(state, "", code != 0, exit_code=code)

    def poll(self):
        outcome, self._outcome_waiting = self._outcome_waiting, None
        return outcome


def test_another_runner_can_stand_in_the_process_place(temporary):
    scene, ct, roi = case_scene()
    logic = ClassifyLogic(InThisProcess())
    logic.start(ClassifyRequest(scene, ct, roi, device="cpu"))
    outcome = ended(logic)
    assert outcome.done, outcome.message
    assert "slices classified" in outcome.message
    assert find_results(ct) is not None
    assert not any(temporary.iterdir())
