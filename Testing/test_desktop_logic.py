"""The logic behind the panel's sections, in a real scene, without any widget."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pytest
import slicer
import vtk
from made_results import made_case

from GastricDiffLib.classify.axial import input_hu
from GastricDiffLib.ct import BoxROI
from GastricDiffLib.ct.phantom import make_case
from GastricDiffLib.desktop import dependencies
from GastricDiffLib.desktop.boxes import draw_box, place_box, show_handles, view_center
from GastricDiffLib.desktop.case_logic import case_facts
from GastricDiffLib.desktop.choices import DEVICES, HEATS, SYSTEMS
from GastricDiffLib.desktop.classify_logic import ClassifyLogic, write_ct
from GastricDiffLib.desktop.curves import CURVES, find_curves, show_curves
from GastricDiffLib.desktop.dependencies import OWN, Dependencies
from GastricDiffLib.desktop.layout import Layout
from GastricDiffLib.desktop.messages import Messages
from GastricDiffLib.desktop.models import Models, model_card, model_problem
from GastricDiffLib.desktop.progress import duration
from GastricDiffLib.desktop.report import write_report
from GastricDiffLib.desktop.result_logic import chosen_row, dress_overlay, jump_to
from GastricDiffLib.desktop.train_logic import Plan
from GastricDiffLib.errors import InputError
from GastricDiffLib.resources import demo_model, resources
from GastricDiffLib.scene import (
    add_roi,
    add_volume,
    find_results,
    new_scene,
    roi_from_node,
    show_result,
    volume_from_node,
)
from GastricDiffLib.scene.layout import add_views


@pytest.fixture
def case():
    """A scene with Slicer's views, a made CT and its box: (scene, volume node, ROI node)."""
    volume, boxes, _ = made_case()
    scene = new_scene()
    add_views(scene)
    node = add_volume(scene, input_hu(volume), volume.grid, "DOE^JANE")
    return scene, node, add_roi(scene, boxes[0])


@pytest.fixture(scope="module")
def phantom():
    return make_case(1, 900_001, coarsen=2.0)


@pytest.fixture
def phantom_case(phantom):
    scene = new_scene()
    add_views(scene)
    node = add_volume(scene, phantom.volume, phantom.grid, "Phantom")
    return scene, node, add_roi(scene, phantom.roi)


def _ended(logic: ClassifyLogic):
    """Poll until the end, as the panel's timer does."""
    limit = time.monotonic() + 600
    while time.monotonic() < limit:
        ending = logic.poll()
        if ending is not None:
            return ending
        time.sleep(0.02)
    raise AssertionError("the job did not end")


def _turn(node, degrees: float) -> None:
    scene = node.GetScene()
    transform = vtk.vtkTransform()
    transform.RotateX(degrees)
    parent = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    parent.SetMatrixTransformToParent(transform.GetMatrix())
    node.SetAndObserveTransformNodeID(parent.GetID())


def test_choices_are_those_of_the_rooms_that_define_them():
    from GastricDiffLib.classify.classifier import HEATS as heats
    from GastricDiffLib.nets.device import DEVICES as devices
    from GastricDiffLib.nets.systems import SYSTEMS as systems

    assert tuple(HEATS) == heats
    assert tuple(DEVICES) == devices
    assert list(systems) == SYSTEMS


def test_a_case_tells_its_size_and_how_many_slices_the_box_cuts(case):
    _, ct, roi = case
    facts = case_facts(ct, roi)
    assert facts.ct.startswith("12 slices of 56 × 40, 2.00 × 1.50 × 4.00 mm, −1")
    assert "cuts 5 slices" in facts.box
    assert facts.problem == ""


def test_what_is_missing_is_asked_for_in_the_order_of_the_work(case):
    scene, ct, roi = case
    assert case_facts(None, roi).problem == "Choose a CT."
    assert case_facts(ct, None).problem == "Place a box around the tumour."
    assert "click at two" in case_facts(ct, draw_box(scene, None)).problem
    roi.SetCenter(500, 0, 0)
    assert "outside the CT" in case_facts(ct, roi).problem


def test_a_picture_is_no_ct(case):
    _, ct, roi = case
    slicer.util.updateVolumeFromArray(ct, np.full((3, 4, 5), 200, dtype=np.int16))
    assert "not in Hounsfield units" in case_facts(ct, roi).problem


def test_a_turned_ct_is_told_without_being_resampled(case):
    _, ct, roi = case
    _turn(ct, 12)
    facts = case_facts(ct, roi)
    assert "tilted by 12.0°" in facts.notes[0]
    slices = volume_from_node(ct).hu.shape[0]
    assert facts.ct.startswith(f"{slices} slices")


def test_a_placed_box_stands_where_the_user_looks_and_inside_the_ct(case):
    scene, ct, _ = case
    view = scene.GetSingletonNode("Red", "vtkMRMLSliceNode")
    bounds = np.zeros(6)
    ct.GetRASBounds(bounds)
    inside = bounds[::2] + np.ptp(bounds.reshape(3, 2), axis=1) * (0.4, 0.5, 0.6)
    for row in range(3):
        view.GetSliceToRAS().SetElement(row, 3, inside[row])
    assert np.allclose(view_center(scene, ct), inside)
    roi = place_box(scene, ct, None)
    assert np.allclose(roi.GetCenter(), inside)
    assert case_facts(ct, roi).problem == ""
    view.GetSliceToRAS().SetElement(0, 3, 10_000)
    assert np.allclose(view_center(scene, ct), (bounds[::2] + bounds[1::2]) / 2)


def test_placing_again_keeps_node_and_size(case):
    scene, ct, roi = case
    size = roi.GetSize()
    assert place_box(scene, ct, roi) is roi
    assert roi.GetSize() == size


def test_drawing_waits_for_two_clicks(case):
    scene, _, roi = case
    for name in ("vtkMRMLSelectionNode", "vtkMRMLInteractionNode"):
        node = scene.CreateNodeByClass(name)
        node.UnRegister(None)
        node.SetSingletonTag("Singleton")
        scene.AddNode(node)
    assert draw_box(scene, roi) is roi
    interaction = scene.GetSingletonNode("Singleton", "vtkMRMLInteractionNode")
    assert interaction.GetCurrentInteractionMode() == interaction.Place
    selection = scene.GetSingletonNode("Singleton", "vtkMRMLSelectionNode")
    assert selection.GetActivePlaceNodeID() == roi.GetID()
    assert min(roi.GetSize()) == 0


def test_handles_can_be_shown_and_hidden(case):
    _, _, roi = case
    show_handles(roi, True)
    assert roi.GetDisplayNode().GetHandlesInteractive()
    show_handles(roi, False)
    assert not roi.GetDisplayNode().GetHandlesInteractive()


def test_a_classification_leaves_its_result_and_no_file(phantom_case, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    scene, ct, roi = phantom_case
    logic = ClassifyLogic()
    logic.start(scene, ct, roi, "", "cpu", "evidence")
    folder = next(tmp_path.iterdir())
    assert folder.stat().st_mode & 0o077 == 0
    roi.SetCenter(np.add(roi.GetCenter(), 3).tolist())
    ending = _ended(logic)
    assert ending.shown, ending.message
    assert "box was changed meanwhile" in ending.message
    assert find_results(ct).heat.GetImageData().GetScalarRange()[1] > 0
    assert not any(tmp_path.iterdir())
    assert not logic.running


def test_a_cancelled_classification_leaves_the_scene_alone(phantom_case):
    scene, ct, roi = phantom_case
    nodes = scene.GetNumberOfNodes()
    logic = ClassifyLogic()
    logic.start(scene, ct, roi, "", "cpu", "attention")
    logic.cancel()
    ending = _ended(logic)
    assert ending.message == "Cancelled."
    assert scene.GetNumberOfNodes() == nodes


def test_a_scene_closed_when_the_result_is_ready_gets_no_node(phantom_case):
    scene, ct, roi = phantom_case
    logic = ClassifyLogic()
    logic.start(scene, ct, roi, "", "cpu", "attention")
    logic.job.wait(600)
    scene.Clear(False)
    assert "was removed" in _ended(logic).message
    assert not any(node.GetAttribute("GastricDiff.Kind") for node in _nodes(scene))


def test_a_model_removed_after_the_start_is_told(phantom_case, tmp_path):
    scene, ct, roi = phantom_case
    model = tmp_path / "model.safetensors"
    model.write_bytes(demo_model().read_bytes())
    logic = ClassifyLogic()
    logic.start(scene, ct, roi, str(model), "cpu", "attention")
    model.unlink()
    ending = _ended(logic)
    assert ending.wrong
    assert "no such model file" in ending.message


def test_what_is_written_for_the_process_is_where_the_node_stands(case, tmp_path):
    from GastricDiffLib.ct import read_volume

    _, ct, _ = case
    _turn(ct, 12)
    write_ct(tmp_path / "ct.nrrd", ct)
    written, here = read_volume(tmp_path / "ct.nrrd"), volume_from_node(ct)
    assert np.allclose(written.grid.ijk_to_lps, here.grid.ijk_to_lps)
    assert np.array_equal(written.hu, here.hu)


def _nodes(scene):
    return [scene.GetNthNode(n) for n in range(scene.GetNumberOfNodes())]


@pytest.fixture
def shown(case):
    scene, ct, roi = case
    _, _, result = made_case()
    show_result(scene, ct, roi, result)
    return scene, ct, roi, result


def test_all_slice_views_jump_to_a_row(shown):
    scene, ct, roi, result = shown
    jump_to(scene, ct, result.position_mm[1])
    right, anterior, _ = roi.GetCenter()
    wanted = {"Red": (2, result.position_mm[1]), "Yellow": (0, right), "Green": (1, anterior)}
    for name, (axis, place) in wanted.items():
        view = scene.GetSingletonNode(name, "vtkMRMLSliceNode")
        assert view.GetSliceToRAS().GetElement(axis, 3) == pytest.approx(place)


def test_a_clicked_point_is_a_row_of_its_own_ct(shown):
    _, ct, _, _ = shown
    nodes = find_results(ct)

    def clicked(series):
        ids, rows, collection = vtk.vtkStringArray(), vtk.vtkIdTypeArray(), vtk.vtkCollection()
        ids.InsertNextValue(series.GetID())
        rows.InsertNextValue(3)
        collection.AddItem(rows)
        return chosen_row(ct, ids, collection)

    assert clicked(nodes.series[0]) == 3
    assert clicked(nodes.series[1]) is None


def test_the_overlay_follows_its_three_settings(shown):
    scene, ct, _, _ = shown
    heat = find_results(ct).heat
    view = next(
        node for node in _nodes(scene) if node.GetClassName() == "vtkMRMLSliceCompositeNode"
    )
    dress_overlay(scene, True, 0.7, 0.4)
    assert view.GetForegroundVolumeID() == heat.GetID()
    assert view.GetForegroundOpacity() == pytest.approx(0.7)
    assert heat.GetDisplayNode().GetLowerThreshold() == pytest.approx(0.4)
    dress_overlay(scene, False, 0.7, 0.4)
    assert view.GetForegroundVolumeID() is None


def test_the_layout_goes_there_and_back(shown):
    scene, ct, _, _ = shown
    nodes, told = find_results(ct), []
    views = slicer.vtkMRMLLayoutNode
    node = scene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    node.SetViewArrangement(views.SlicerLayoutOneUpRedSliceView)
    layout = Layout(scene, lambda: told.append(1))
    layout.show_result(nodes.chart, nodes.slices)
    assert node.GetViewArrangement() == views.SlicerLayoutFourUpPlotTableView
    assert layout.ours
    assert told
    plot = scene.GetSingletonNode("PlotView1", "vtkMRMLPlotViewNode")
    assert plot.GetPlotChartNodeID() == nodes.chart.GetID()
    layout.back()
    assert node.GetViewArrangement() == views.SlicerLayoutOneUpRedSliceView


def test_a_report_stands_alone_and_names_nobody(shown, tmp_path):
    _, ct, _, result = shown
    folder = write_report(tmp_path, ct)
    assert sorted(path.name for path in folder.iterdir()) == [
        "case.json",
        "overview.png",
        "report.html",
        "slices.csv",
    ]
    page = (folder / "report.html").read_text()
    assert result.vote in page
    assert "Research use only" in page
    assert "data:image/png;base64," in page
    for path in folder.iterdir():
        assert b"DOE^JANE" not in path.read_bytes()
        assert str(tmp_path).encode() not in path.read_bytes()
    assert write_report(tmp_path, ct) != folder


def test_a_report_needs_a_result(case, tmp_path):
    _, ct, _ = case
    with pytest.raises(InputError, match="no result yet"):
        write_report(tmp_path, ct)
    assert not any(tmp_path.iterdir())


def test_curves_grow_in_one_chart():
    scene = new_scene()
    assert find_curves(scene) is None
    row = {"epoch": 0.0, "loss": 0.5, "val_loss": 0.4, "val_image_auc": 0.6, "val_case_auc": 0.7}
    chart = show_curves(scene, [row])
    assert show_curves(scene, [row, row | {"epoch": 1.0}]) is chart
    assert chart.GetNumberOfPlotSeriesNodes() == len(CURVES)
    table = chart.GetNthPlotSeriesNode(0).GetTableNode()
    assert table.GetNumberOfRows() == 2


class Kept:
    """Settings in memory."""

    def __init__(self) -> None:
        self.values: dict[str, list[str]] = {}

    def texts(self, name):
        return self.values.get(name, [])

    def keep(self, name, texts):
        self.values[name] = list(texts)


def test_the_selector_has_the_demo_model_and_those_used_here(tmp_path):
    models = Models(Kept())
    assert [choice.path for choice in models.choices()] == [str(demo_model())]
    copy = tmp_path / "run" / "model.safetensors"
    copy.parent.mkdir()
    copy.write_bytes(demo_model().read_bytes())
    models.add(copy)
    assert [choice.path for choice in models.choices()] == [str(demo_model()), str(copy)]
    copy.unlink()
    assert len(models.choices()) == 1
    chosen = models.choices(str(copy))[-1]
    assert chosen.title == "model.safetensors: cannot be read"
    assert "no such model file" in model_problem(str(copy))
    with pytest.raises(InputError, match="no such model file"):
        models.add(copy)


def test_a_card_says_what_the_model_is_and_what_it_is_not_for():
    card = model_card("")
    for told in ("r50-imp-dpn-tad", "0.97, held-out slices", "slices that the box cuts",
                 "2026-11-22", "240 train", "phantoms only", "Not for diagnosis"):  # fmt: skip
        assert told in card, told


def test_a_card_tells_the_interval_where_the_model_has_one():
    from GastricDiffLib.desktop.models import _judgement

    metrics = {"test_case_auc": 0.81, "test_case_auc_low": 0.7, "test_case_auc_high": 0.9}
    assert _judgement(metrics)[0] == ("AUC", "0.81 (0.70–0.90), held-out cases")


def test_the_intervals_that_a_card_shows_are_those_of_the_predictions():
    from GastricDiffLib.desktop.models import _judgement
    from GastricDiffLib.evaluate.intervals import auc_bounds, intervals
    from GastricDiffLib.evaluate.predictions import Predictions

    rng = np.random.default_rng(0)
    labels = np.arange(24) % 2
    names = tuple(f"case-{n}" for n in range(24))
    p = tuple(np.clip(0.3 + 0.3 * label + rng.normal(0, 0.2, 5), 0, 1) for label in labels)
    slices = tuple(np.arange(5) for _ in names)
    predictions = Predictions(names, names, labels, slices, p, np.full(24, 0.5))
    found = intervals(predictions)["case_auc"]
    metrics = {f"test_{name}": value for name, value in auc_bounds(predictions).items()}
    card = _judgement(metrics | {"test_case_auc": found.value})
    assert f"{found.value:.2f} ({found.low:.2f}–{found.high:.2f})" in card[0][1]


def test_a_plan_asks_before_it_starts(tmp_path):
    plan = Plan("", "", "r50-tad", 2, 64, "cpu", 0.125, 0.0, 8)
    assert "Choose the dataset" in plan.problem()
    plan = Plan(str(tmp_path), str(tmp_path / "run"), "r50-tad", 2, 64, "cpu", 0.125, 0.0, 8)
    assert "no finished dataset" in plan.problem()


def test_a_plan_is_a_command_that_the_command_line_takes(tmp_path):
    from GastricDiffLib.cli import build_parser

    plan = Plan(str(tmp_path), str(tmp_path / "run"), "r50-tad", 2, 64, "cpu", 0.125, 1.5, 8)
    options = build_parser().parse_args([*plan.arguments(), "--events"])
    assert (options.system, options.epochs, options.crop) == ("r50-tad", 2, 1.5)


def test_slots_turn_errors_into_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr("GastricDiffLib.console.log_file", lambda: tmp_path / "log.txt")
    told = []
    messages = Messages(lambda text, wrong: told.append((text, wrong)))

    def fail(error):
        raise error

    messages.guarded(fail, passing=True)(InputError("no box", "here", "draw one"))
    messages.guarded(fail, passing=True)(RuntimeError("secret"))
    assert told[0] == ("no box: here (draw one)", True)
    assert told[1][0].startswith("Unexpected RuntimeError")
    assert "secret" not in told[1][0]
    assert "secret" in (tmp_path / "log.txt").read_text()


def test_time_is_told_as_people_say_it():
    assert [duration(s) for s in (0.2, 59, 90, 7000)] == ["1 s", "59 s", "2 min", "1.9 h"]


class Torch:
    """The PyTorch extension's module, which installs nothing here."""

    def __init__(self, works: bool) -> None:
        self.works, self.asked = works, []

    def PyTorchUtilsLogic(self):
        return self

    def installTorch(self, askConfirmation, torchVersionRequirement):
        self.asked.append(torchVersionRequirement)
        return self if self.works else None


def _dependencies(tmp_path, answer=True, torch=None, install=None, lines="nothing-like-it>=1"):
    file = tmp_path / "requirements.txt"
    file.write_text(f"# why\n{lines}\nnumpy>=1\n")
    asked = []

    def ask(text, details):
        asked.append(details)
        return answer

    install = install or (lambda lines, constraints: None)
    return Dependencies(ask, install, lambda: torch, file), asked


def test_nothing_is_asked_where_nothing_is_missing(tmp_path):
    dependencies, asked = _dependencies(tmp_path, lines="numpy")
    dependencies.ensure()
    assert asked == []


def test_a_refusal_is_a_message_and_asked_again_at_the_next_click(tmp_path):
    dependencies, asked = _dependencies(tmp_path, answer=False)
    for _ in range(2):
        with pytest.raises(InputError, match="click again to install"):
            dependencies.ensure()
    assert asked == ["nothing-like-it>=1"] * 2


def test_a_failed_installation_says_what_to_do(tmp_path):
    def install(lines, constraints):
        raise RuntimeError("no network")

    dependencies, _ = _dependencies(tmp_path, install=install)
    with pytest.raises(InputError, match="check the network"):
        dependencies.ensure()


def test_what_is_missing_is_installed_and_slicers_own_is_pinned(tmp_path):
    seen = {}

    def install(lines, constraints):
        seen.update(lines=lines, pins=Path(constraints).read_text().splitlines())

    dependencies, _ = _dependencies(tmp_path, install=install)
    with pytest.raises(InputError, match="still missing: nothing-like-it"):
        dependencies.ensure()
    assert seen["lines"] == ["nothing-like-it>=1"]
    assert f"numpy=={np.__version__}" in seen["pins"]


@pytest.mark.parametrize("torch", [None, Torch(False), Torch(True)])
def test_torch_comes_through_its_extension_or_not_at_all(tmp_path, monkeypatch, torch):
    monkeypatch.setattr(dependencies, "_has_torch", lambda: False)
    needed, asked = _dependencies(tmp_path, torch=torch, lines="numpy")
    message = {None: "install the extension PyTorch"}.get(
        torch, "still missing" if torch and torch.works else "could not be installed"
    )
    with pytest.raises(InputError, match=message):
        needed.ensure()
    assert asked == ([] if torch is None else ["torch"])
    assert torch is None or torch.asked == [">=2.4"]


def test_slicers_own_packages_and_torch_are_not_in_the_requirements():
    text = (resources() / "requirements.txt").read_text()
    lines = [line for line in text.lower().splitlines() if line and not line.startswith("#")]
    assert lines
    for name in ("simpleitk", "numpy", "vtk", "torch"):
        assert not any(line.startswith(name) for line in lines)


def test_the_requirements_are_the_projects_own_but_for_what_slicer_brings():
    project = (resources().parent / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.search(r"^dependencies = \[\n(.*?)^\]", project, re.M | re.S)
    assert listed is not None
    wanted = set(re.findall(r'^ +"([^"]+)"', listed[1], re.M))
    brought = {line for line in wanted if re.split(r"[<>=~!]", line)[0] in (*OWN, "torch")}
    lines = (resources() / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert brought
    assert {line for line in lines if not line.startswith("#")} == wanted - brought


def test_a_box_in_the_scene_is_the_box_that_was_put_there(case):
    scene, _, _ = case
    box = BoxROI(np.array([1.0, 2, 3]), np.eye(3), np.array([10.0, 20, 30]))
    assert np.allclose(roi_from_node(add_roi(scene, box)).corners_lps(), box.corners_lps())


def test_a_saved_scene_looks_at_the_boxs_middle_in_all_three_views(tmp_path):
    from GastricDiffLib.scene import load_scene, write_scene

    volume, boxes, result = made_case()
    write_scene(tmp_path / "scene.mrb", volume, boxes, result)
    scene = load_scene(tmp_path / "scene.mrb")
    middle = boxes[0].center_lps * (-1, -1, 1)
    for name, axis in (("Red", 2), ("Yellow", 0), ("Green", 1)):
        view = scene.GetSingletonNode(name, "vtkMRMLSliceNode")
        assert view.GetSliceToRAS().GetElement(axis, 3) == pytest.approx(middle[axis]), name
