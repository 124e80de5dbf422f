"""The logic of the panel's train section: plan, curves and the time that is left."""

from __future__ import annotations

from GastricDiffLib.app.progress import duration
from GastricDiffLib.app.train import Plan
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


def test_a_plan_asks_before_it_starts(tmp_path):
    plan = Plan("", "", "r50-tad", 2, 64, "cpu", 0.125, 0.0, 8)
    assert "Choose the dataset" in plan.problem()
    plan = Plan(str(tmp_path), str(tmp_path / "run"), "r50-tad", 2, 64, "cpu", 0.125, 0.0, 8)
    assert "no finished dataset" in plan.problem()


def test_a_plan_is_a_command_that_the_command_line_takes(tmp_path):
    from GastricDiffLib.cli.main import build_parser

    plan = Plan(str(tmp_path), str(tmp_path / "run"), "r50-tad", 2, 64, "cpu", 0.125, 1.5, 8)
    options = build_parser().parse_args([*plan.arguments(), "--events"])
    assert (options.system, options.epochs, options.crop) == ("r50-tad", 2, 1.5)


def test_time_is_told_as_people_say_it():
    assert [duration(s) for s in (0.2, 59, 90, 7000)] == ["1 s", "59 s", "2 min", "1.9 h"]
