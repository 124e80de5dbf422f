"""Training by a process: what is asked for, its curves and outcomes, and the time left."""

from __future__ import annotations

import time
from dataclasses import replace

from GastricDiffLib.app.progress import duration
from GastricDiffLib.app.train import TrainLogic, TrainRequest
from GastricDiffLib.jobs import JobState
from GastricDiffLib.scene import new_scene
from GastricDiffLib.scene.curves import CURVES, find_curves, show_curves


def test_curves_grow_in_one_chart():
    scene = new_scene()
    assert find_curves(scene) is None
    row = {"epoch": 0.0, "loss": 0.5, "val_loss": 0.4, "val_image_auc": 0.6, "val_case_auc": 0.7}
    chart = show_curves(scene, [row])
    assert show_curves(scene, [row, row | {"epoch": 1.0}]) is chart
    assert chart.GetNumberOfPlotSeriesNodes() == len(CURVES)
    table = chart.GetNthPlotSeriesNode(0).GetTableNode()
    assert table.GetNumberOfRows() == 2


def test_a_request_names_what_is_missing(tmp_path):
    assert "Choose the dataset" in TrainRequest("", "").problem()
    request = TrainRequest(str(tmp_path), str(tmp_path / "run"))
    assert "no finished dataset" in request.problem()


def test_a_request_is_a_command_that_the_command_line_takes(tmp_path):
    from GastricDiffLib.cli.parser import build_parser
    from GastricDiffLib.cli.settings import settings_of

    settings = {"system": "r50-tad", "epochs": 2, "crop": 1.5, "window": (-100.0, 200.0)}
    request = TrainRequest(str(tmp_path), str(tmp_path / "run"), settings, "cpu")
    options = build_parser().parse_args([*request.arguments(), "--events"])
    assert (options.command, options.dataset, options.device) == ("train", tmp_path, "cpu")
    assert settings_of(options) == settings

    request = replace(request, systems=("vgg19", "r50-tad"), folds=5)
    options = build_parser().parse_args(request.arguments())
    assert (options.command, options.systems, options.folds) == ("compare", "vgg19,r50-tad", 5)
    del settings["system"]
    assert settings_of(options) == settings


def test_time_is_given_in_the_unit_that_people_use():
    assert [duration(s) for s in (0.2, 59, 90, 7000)] == ["1 s", "59 s", "2 min", "1.9 h"]


def run_until(logic, condition):
    """Poll as the panel's timer does, until something holds; the outcome, if the training ended."""
    limit = time.monotonic() + 600
    while time.monotonic() < limit:
        outcome = logic.poll()
        if outcome is not None or condition():
            return outcome
        time.sleep(0.05)
    raise AssertionError("it did not come so far")


def small_request(dataset, run, system="resnext50"):
    """A training that would take long, in small steps."""
    settings = {"system": system, "epochs": 500, "size": 32, "width": 0.0625, "batch_size": 64}
    return TrainRequest(str(dataset), str(run), settings, "cpu")


def never():
    return False


def test_a_training_is_found_again_stopped_and_its_model_kept(phantom_dataset, tmp_path):
    run = tmp_path / "run"
    request = small_request(phantom_dataset, run)
    logic = TrainLogic()
    assert not logic.find(str(run))
    logic.start(request)
    seen: list[dict[str, float]] = []

    def has_history() -> bool:
        seen.extend(logic.history() or ())
        return bool(seen)

    run_until(logic, has_history)
    assert seen[0]["epoch"] == 0
    assert logic.running
    assert not logic.comparing
    other = TrainLogic()
    assert other.find(str(run))
    assert other.running
    logic.stop()
    assert logic.stopping
    outcome = run_until(logic, never)
    assert outcome.done
    assert outcome.message.startswith("Trained; the model is in the selector above.")
    assert outcome.made == run / "model.safetensors"
    assert outcome.made.is_file()
    assert not logic.running
    logic.history()
    # Unchanged since: nothing to draw.
    assert logic.history() is None


def test_a_stop_pressed_twice_cancels_and_a_comparison_at_once(phantom_dataset, tmp_path):
    request = small_request(phantom_dataset, tmp_path / "run")
    logic = TrainLogic()
    logic.start(request)
    logic.stop()
    logic.stop()
    outcome = run_until(logic, never)
    assert outcome.state is JobState.CANCELLED
    assert "goes on after the last finished epoch" in outcome.message
    logic.start(replace(request, run=str(tmp_path / "compared"), systems=("resnext50", "vgg19")))
    assert logic.comparing
    logic.stop()
    assert run_until(logic, never).state is JobState.CANCELLED
    assert not logic.comparing


def test_a_training_that_fails_shows_its_error_line(phantom_dataset, tmp_path):
    request = small_request(phantom_dataset, tmp_path / "run", system="no-system")
    logic = TrainLogic()
    logic.start(request)
    outcome = run_until(logic, never)
    assert outcome.state is JobState.FAILED
    assert outcome.is_error
    assert "no-system" in outcome.message
    assert outcome.made is None
