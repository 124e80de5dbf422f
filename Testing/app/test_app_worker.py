"""Classifications by a process that stays: same results, new answers at once, ends well."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from desktop_scenes import case_scene
from made_models import fresh_model
from patience import Patience

from GastricDiffLib.app.classify import ClassifyLogic, ClassifyRequest
from GastricDiffLib.app.runner import JobOutcome
from GastricDiffLib.app.worker_runner import WorkerRunner
from GastricDiffLib.jobs import JobState
from GastricDiffLib.jobs.worker import Worker
from GastricDiffLib.nets.input import InputSpec
from GastricDiffLib.resources import demo_model
from GastricDiffLib.scene import find_results, result_from_nodes

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")


@pytest.fixture(autouse=True)
def logs(monkeypatch, tmp_path):
    monkeypatch.setattr("GastricDiffLib.log.log_file", lambda: tmp_path / "home" / "log.txt")
    monkeypatch.setattr("GastricDiffLib.jobs.worker.log_file", lambda: tmp_path / "home" / "log")


@pytest.fixture
def temporary(monkeypatch, tmp_path):
    """Where temporary folders are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture(scope="module")
def runner():
    """One worker for the tests that leave it alive."""
    runner = WorkerRunner()
    yield runner
    runner.abandon()


@pytest.fixture(scope="module")
def other_model(made_once) -> Path:
    """A model that is slow enough to be caught at work."""

    def make(folder: Path) -> Path:
        folder.mkdir()
        spec = InputSpec(size=224, std=0.3, scope="all")
        return fresh_model(folder / "other.safetensors", "resnext50", spec, width=0.5)

    return made_once("worker-model", make)


def outcome_of(logic, until=lambda: False) -> JobOutcome | None:
    patience = Patience(300)
    while patience.lasts():
        outcome = logic.poll()
        if outcome is not None or until():
            return outcome
        time.sleep(0.01)
    raise AssertionError("no outcome came")


def classified(logic, *request, **options) -> JobOutcome:
    logic.start(ClassifyRequest(*request, device="cpu", **options))
    outcome = outcome_of(logic)
    assert outcome is not None
    return outcome


def same(a, b) -> bool:
    arrays = ("slice_index", "position_mm", "in_roi", "p", "heat")
    alike = all(np.array_equal(getattr(a, name), getattr(b, name)) for name in arrays)
    return alike and (a.vote, a.model.sha256, a.heat_kind) == (b.vote, b.model.sha256, b.heat_kind)


def test_changes_of_ct_box_model_and_heat_give_what_fresh_processes_give(
    runner, other_model, temporary
):
    logic = ClassifyLogic(runner)
    pids = set()
    first, second = case_scene(), case_scene()
    for (scene, ct, roi), model, heat, shift in (
        (first, "", "attention", 0.0),
        (first, "", "attention", 4.0),
        (first, str(other_model), "attention", 0.0),
        (second, str(other_model), "cam", 0.0),
        (second, "", "cam", -3.0),
    ):
        roi.SetCenter(np.add(roi.GetCenter(), shift).tolist())
        assert classified(logic, scene, ct, roi, model=model, heat=heat).done
        pids.add(runner.pid)
        warm = result_from_nodes(ct)
        assert classified(ClassifyLogic(), scene, ct, roi, model=model, heat=heat).done
        assert same(warm, result_from_nodes(ct))
    assert len(pids) == 1


def test_a_ct_is_handed_over_once_until_its_voxels_change(runner, temporary):
    scene, ct, roi = case_scene()
    logic = ClassifyLogic(runner)
    assert classified(logic, scene, ct, roi).done
    (file,) = temporary.rglob("ct.nrrd")
    written = file.stat().st_mtime_ns
    assert file.parent.stat().st_mode & 0o077 == 0
    roi.SetCenter(np.add(roi.GetCenter(), 2).tolist())
    assert classified(logic, scene, ct, roi).done
    assert [one.stat().st_mtime_ns for one in temporary.rglob("*.nrrd")] == [written]
    ct.GetImageData().GetPointData().GetScalars().Modified()
    assert classified(logic, scene, ct, roi).done
    (file,) = temporary.rglob("ct.nrrd")
    assert file.stat().st_mtime_ns > written
    logic.forget_ct()
    assert not any(temporary.iterdir())


def test_a_refusal_is_its_own_line_and_the_worker_goes_on(runner, temporary, tmp_path):
    scene, ct, roi = case_scene()
    logic = ClassifyLogic(runner)
    assert classified(logic, scene, ct, roi).done
    pid = runner.pid
    missing = str(tmp_path / "gone.safetensors")
    outcome = classified(logic, scene, ct, roi, model=missing)
    assert outcome.state is JobState.FAILED and outcome.exit_code == 2
    assert outcome.message.startswith("no such model file")
    assert classified(logic, scene, ct, roi).done
    assert runner.pid == pid
    logic.forget_ct()


def test_a_worker_runs_nothing_but_classifications(runner, tmp_path):
    runner.start(["phantom", tmp_path / "cohort"], tmp_path)
    outcome = outcome_of(runner)
    assert outcome.exit_code == 2 and "does not run phantom" in outcome.message
    assert not (tmp_path / "cohort").exists()


def test_a_cancelled_request_ends_between_batches_and_leaves_the_scene_alone(
    runner, other_model, temporary
):
    scene, ct, roi = case_scene()
    logic = ClassifyLogic(runner)
    assert classified(logic, scene, ct, roi, model=str(other_model)).done
    pid, nodes = runner.pid, scene.GetNumberOfNodes()
    before = result_from_nodes(ct)
    logic.start(ClassifyRequest(scene, ct, roi, str(other_model), "cpu"))
    logic.cancel()
    assert outcome_of(logic).message == "Cancelled."
    assert scene.GetNumberOfNodes() == nodes and same(before, result_from_nodes(ct))
    assert classified(logic, scene, ct, roi).done
    assert runner.pid == pid
    logic.forget_ct()


@POSIX
def test_a_worker_killed_before_during_and_after_costs_one_line_each(other_model, temporary):
    scene, ct, roi = case_scene()
    runner = WorkerRunner()
    logic = ClassifyLogic(runner)

    def kill() -> None:
        pid = runner.pid
        os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(pid).wait(60)

    try:
        assert classified(logic, scene, ct, roi, model=str(other_model)).done
        # Between two requests: nobody notices.
        kill()
        assert classified(logic, scene, ct, roi, model=str(other_model)).done
        for begun in (lambda: True, lambda: runner.progress is not None):
            nodes = scene.GetNumberOfNodes()
            logic.start(ClassifyRequest(scene, ct, roi, str(other_model), "cpu"))
            if outcome_of(logic, begun) is None:
                kill()
                outcome = outcome_of(logic)
                assert outcome.state is JobState.FAILED and outcome.is_error
                assert "ended unexpectedly" in outcome.message and "\n" not in outcome.message
            assert scene.GetNumberOfNodes() == nodes
            # What the request had of its own is gone; the CT waits for the next one.
            assert [one.name for one in temporary.rglob("*") if one.is_file()] == ["ct.nrrd"]
            assert classified(logic, scene, ct, roi).done
    finally:
        logic.abandon()
    assert not any(temporary.iterdir())


def test_a_model_made_ready_beforehand_is_there_for_the_first_request(temporary):
    scene, ct, roi = case_scene()
    runner = WorkerRunner()
    logic = ClassifyLogic(runner)
    try:
        runner.warm(demo_model(), "cpu")
        assert not runner.running and runner.pid is not None
        pid = runner.pid
        assert classified(logic, scene, ct, roi).done
        assert runner.pid == pid and find_results(ct) is not None
    finally:
        logic.abandon()
    assert runner.pid is None


def test_a_worker_ends_by_itself_after_minutes_without_a_request():
    worker = Worker(idle_minutes=0.005)
    patience = Patience(120)
    while worker.alive and patience.lasts():
        time.sleep(0.05)
    assert worker.exit_code == 0
    worker.end()


def test_a_worker_ends_when_its_input_closes():
    worker = Worker()
    worker._input.close()
    patience = Patience(120)
    while worker.alive and patience.lasts():
        time.sleep(0.05)
    assert worker.exit_code == 0
    worker.end()
