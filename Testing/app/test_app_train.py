"""The logic of the panel's train section: request, curves and the time that is left."""

from __future__ import annotations

from dataclasses import replace

from GastricDiffLib.app.curves import CURVES, find_curves, show_curves
from GastricDiffLib.app.progress import duration
from GastricDiffLib.app.train import TrainRequest
from GastricDiffLib.scene import new_scene


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


def test_time_is_shown_in_the_unit_that_people_use():
    assert [duration(s) for s in (0.2, 59, 90, 7000)] == ["1 s", "59 s", "2 min", "1.9 h"]
