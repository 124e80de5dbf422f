"""The result that panel and page show: rows, staleness, overlay, layout and report."""

from __future__ import annotations

import pytest
import slicer
import vtk
from desktop_scenes import case_scene, nodes
from made_results import made_case

from GastricDiffLib.app.layout import Layout
from GastricDiffLib.app.report import write_report
from GastricDiffLib.app.result import ShownResult, chosen_row, jump_to, set_overlay
from GastricDiffLib.errors import InputError
from GastricDiffLib.scene import find_results, roi_from_node, show_result


@pytest.fixture
def case():
    return case_scene()


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
    view = next(node for node in nodes(scene) if node.GetClassName() == "vtkMRMLSliceCompositeNode")
    set_overlay(scene, True, 0.7, 0.4)
    assert view.GetForegroundVolumeID() == heat.GetID()
    assert view.GetForegroundOpacity() == pytest.approx(0.7)
    assert heat.GetDisplayNode().GetLowerThreshold() == pytest.approx(0.4)
    set_overlay(scene, False, 0.7, 0.4)
    assert view.GetForegroundVolumeID() is None


def test_the_layout_goes_there_and_back(shown):
    scene, ct, _, _ = shown
    nodes, arranged = find_results(ct), []
    views = slicer.vtkMRMLLayoutNode
    node = scene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    node.SetViewArrangement(views.SlicerLayoutOneUpRedSliceView)
    layout = Layout(scene, lambda: arranged.append(1))
    layout.show_result(nodes.chart, nodes.slices)
    assert node.GetViewArrangement() == views.SlicerLayoutFourUpPlotTableView
    assert layout.ours
    assert arranged
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


def test_a_result_is_read_again_when_it_changed_and_not_before(shown):
    scene, ct, roi, result = shown
    view = ShownResult(scene)
    assert view.changed(ct)
    assert view.read(ct, roi).vote == result.vote
    assert not view.changed(ct)
    show_result(scene, ct, roi, result)
    assert view.changed(ct)
    view.read(ct, roi)
    view.forget()
    assert view.changed(ct)
    assert view.read(None) is None
    assert not view.changed(None)


def test_a_result_is_stale_once_the_box_has_moved_since(shown):
    scene, ct, roi, _ = shown
    view = ShownResult(scene)
    assert not view.is_stale(roi)
    view.read(ct, roi)
    assert not view.is_stale(roi)
    center = roi.GetCenter()
    roi.SetCenter(center[0] + 1, center[1], center[2])
    assert view.is_stale(roi)
    roi.SetCenter(center)
    assert not view.is_stale(roi)
    assert view.is_stale(None)


def test_a_result_of_a_box_that_moved_meanwhile_is_stale_from_the_start(shown):
    scene, ct, roi, _ = shown
    box = roi_from_node(roi)
    roi.SetSize(*(2 * length for length in roi.GetSize()))
    view = ShownResult(scene)
    view.read(ct, roi, box)
    assert view.is_stale(roi)


def test_the_row_of_a_position_is_that_of_the_nearest_slice(shown):
    scene, ct, roi, result = shown
    view = ShownResult(scene)
    assert view.row_at(0.0) == -1
    view.read(ct, roi)
    step = abs(result.position_mm[1] - result.position_mm[0])
    assert view.row_at(result.position_mm[2] + 0.4 * step) == 2
    assert view.row_at(max(result.position_mm) + step) == -1


def test_rows_that_the_table_lacks_turn_no_view(shown):
    scene, ct, roi, result = shown
    view = ShownResult(scene)
    view.read(ct, roi)
    view.jump(1)
    red = scene.GetSingletonNode("Red", "vtkMRMLSliceNode")
    assert red.GetSliceOffset() == pytest.approx(result.position_mm[1])
    for row in (-1, len(result.p)):
        view.jump(row)
    assert red.GetSliceOffset() == pytest.approx(result.position_mm[1])


def test_a_damaged_result_counts_as_none_and_is_reported_once(shown):
    scene, ct, roi, _ = shown
    find_results(ct).case.SetAttribute("GastricDiff.CaseJSON", "{")
    find_results(ct).case.Modified()
    view = ShownResult(scene)
    with pytest.raises(InputError, match="cannot be read"):
        view.read(ct, roi)
    assert view.result is None
    assert not view.changed(ct)


def test_a_result_whose_ct_was_removed_moves_nothing(shown):
    scene, ct, roi, _ = shown
    view = ShownResult(scene)
    view.read(ct, roi)
    red = scene.GetSingletonNode("Red", "vtkMRMLSliceNode")
    offset = red.GetSliceOffset()
    scene.RemoveNode(ct)
    view.jump(0)
    view.set_overlay(True, 0.5, 0.2)
    assert red.GetSliceOffset() == offset
