"""A result shown in a scene, shown again, and laid over the slices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import slicer
import vtk
from made_results import made_box, made_case, made_grid, made_hu, made_result

from GastricDiffLib.ct import CTVolume, Grid
from GastricDiffLib.errors import InputError
from GastricDiffLib.scene import (
    add_roi,
    add_volume,
    find_results,
    new_scene,
    roi_from_node,
    show_overlay,
    show_result,
    volume_from_node,
)
from GastricDiffLib.scene.frames import world_grid


@pytest.fixture
def scene():
    return new_scene()


@pytest.fixture
def ct(scene):
    return add_volume(scene, made_hu(), made_grid(), "X")


@pytest.fixture
def roi(scene):
    return add_roi(scene, made_box(made_grid()), "tumour")


def result_of(ct, roi, **changes):
    return replace(made_result(volume_from_node(ct), [roi_from_node(roi)]), **changes)


def turn(scene, nodes, degrees=20.0):
    transform = vtk.vtkTransform()
    transform.Translate(12, -7, 40)
    transform.RotateWXYZ(degrees, 0.2, 0.1, 1)
    parent = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    parent.SetMatrixTransformToParent(transform.GetMatrix())
    for node in nodes:
        node.SetAndObserveTransformNodeID(parent.GetID())


def contents(scene):
    return sorted(scene.GetNthNode(n).GetID() for n in range(scene.GetNumberOfNodes()))


def column(table, name):
    array = table.GetTable().GetColumnByName(name)
    return [array.GetValue(row) for row in range(table.GetTable().GetNumberOfRows())]


def add_view(scene, name="Red"):
    view = scene.CreateNodeByClass("vtkMRMLSliceCompositeNode")
    view.UnRegister(None)
    view.SetSingletonTag(name)
    return scene.AddNode(view)


def test_all_result_nodes_are_named_after_the_ct_and_refer_to_their_origin(scene, ct, roi):
    nodes = show_result(scene, ct, roi, result_of(ct, roi))
    names = [node.GetName() for node in (nodes.heat, nodes.slices, nodes.case, nodes.chart)]
    assert names == ["X heat", "X slices", "X case", "X probability"]
    for node in nodes.all():
        assert node.GetNodeReference("GastricDiff.CT") is ct
        assert node.GetNodeReference("GastricDiff.ROI") is roi
        assert node.GetAttribute("GastricDiff.Model") == "phantoms only"
        assert node.GetAttribute("GastricDiff.ModelSHA256") == "0f" * 32
        assert "not for diagnosis" in node.GetAttribute("GastricDiff.ResearchUse")


def test_the_slice_table_has_the_columns_and_numbers_of_the_result(scene, ct, roi):
    result = result_of(ct, roi)
    table = show_result(scene, ct, roi, result).slices
    names = [table.GetTable().GetColumnName(n) for n in range(table.GetNumberOfColumns())]
    assert names == ["slice", "position_mm", "in_roi", "p_differentiated", "vote"]
    assert column(table, "slice") == result.slice_index.tolist()
    assert column(table, "position_mm") == pytest.approx(result.position_mm.tolist())
    assert column(table, "p_differentiated") == pytest.approx(result.p.tolist(), abs=1e-6)
    assert column(table, "vote") == ["undifferentiated"] * 2 + ["differentiated"] * 3
    assert column(table, "in_roi") == [1] * 5


def test_the_case_table_shows_vote_model_and_research_use(scene, ct, roi):
    table = show_result(scene, ct, roi, result_of(ct, roi)).case
    fields = dict(zip(column(table, "field"), column(table, "value"), strict=True))
    assert fields["vote"] == "differentiated"
    assert (fields["votes_differentiated"], fields["votes_undifferentiated"]) == ("3", "2")
    assert fields["model_sha256"] == "0f" * 32
    assert "Research use only" in fields["research_use"]


def test_the_chart_plots_p_threshold_and_roi_over_position(scene, ct, roi):
    nodes = show_result(scene, ct, roi, result_of(ct, roi))
    chart = nodes.chart
    probability, threshold, extent = (chart.GetNthPlotSeriesNode(n) for n in range(3))
    assert probability.GetTableNode() is nodes.slices
    assert (probability.GetXColumnName(), probability.GetYColumnName()) == (
        "position_mm",
        "p_differentiated",
    )
    assert set(column(threshold.GetTableNode(), threshold.GetYColumnName())) == {0.5}
    positions = column(extent.GetTableNode(), extent.GetXColumnName())
    steps = column(extent.GetTableNode(), extent.GetYColumnName())
    inside = [x for x, y in zip(positions, steps, strict=True) if y == 1]
    rows = column(nodes.slices, "position_mm")
    assert inside == [pytest.approx(min(rows) - 2), pytest.approx(max(rows) + 2)]
    assert chart.GetYAxisRangeAuto() is False and chart.GetYAxisRange() == (0, 1)
    assert "research use only" in chart.GetTitle()
    assert "mm" in chart.GetXAxisTitle() and "differentiated" in chart.GetYAxisTitle()


def test_a_roi_with_a_gap_is_plotted_as_two_steps(scene, ct, roi):
    result = result_of(ct, roi)
    broken = replace(result, in_roi=np.array([True, True, False, True, True]))
    extent = show_result(scene, ct, roi, broken).series[2]
    assert column(extent.GetTableNode(), "roi").count(1.0) == 4


def test_every_result_node_but_the_plot_lines_is_in_one_folder(scene, ct, roi):
    nodes = show_result(scene, ct, roi, result_of(ct, roi))
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    seen = [node for node in nodes.all() if node is not nodes.lines]
    folders = {hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node)) for node in seen}
    assert len(folders) == 1
    assert hierarchy.GetItemName(folders.pop()) == "X GastricDiff"


def test_the_folder_stands_where_the_ct_stands(scene, ct, roi):
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    study = hierarchy.CreateStudyItem(hierarchy.GetSceneItemID(), "study")
    hierarchy.CreateItem(study, ct)
    nodes = show_result(scene, ct, roi, result_of(ct, roi))
    folder = hierarchy.GetItemParent(hierarchy.GetItemByDataNode(nodes.heat))
    assert hierarchy.GetItemParent(folder) == study


def test_classifying_again_replaces_the_result_and_leaves_nothing_behind(scene, ct, roi):
    first = show_result(scene, ct, roi, result_of(ct, roi))
    before = contents(scene)
    other_roi_result = result_of(ct, roi, p=np.full(5, 0.1, np.float32))
    again = show_result(scene, ct, roi, other_roi_result)
    assert contents(scene) == before
    assert [a is b for a, b in zip(first.all(), again.all(), strict=True)] == [True] * 8
    assert set(column(again.slices, "vote")) == {"undifferentiated"}
    assert again.heat.GetAttribute("GastricDiff.Vote") == "undifferentiated"
    assert again.chart.GetNumberOfPlotSeriesNodes() == 3
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    ids = vtk.vtkIdList()
    hierarchy.GetItemChildren(hierarchy.GetSceneItemID(), ids, True)
    names = [hierarchy.GetItemName(ids.GetId(n)) for n in range(ids.GetNumberOfIds())]
    assert names.count("X GastricDiff") == 1 and names.count("X heat") == 1


def test_a_deleted_result_node_is_made_again(scene, ct, roi):
    nodes = show_result(scene, ct, roi, result_of(ct, roi))
    scene.RemoveNode(nodes.chart)
    assert find_results(ct) is None
    again = show_result(scene, ct, roi, result_of(ct, roi))
    assert again.chart.GetNumberOfPlotSeriesNodes() == 3
    assert again.heat is nodes.heat


def test_another_cts_result_stays(scene, ct, roi):
    other = add_volume(scene, made_hu(seed=1), made_grid(), "Y")
    kept = show_result(scene, other, roi, result_of(other, roi, p=np.full(5, 0.9, np.float32)))
    nodes = show_result(scene, ct, roi, result_of(ct, roi, p=np.full(5, 0.1, np.float32)))
    assert not set(map(id, kept.all())) & set(map(id, nodes.all()))
    assert set(column(kept.slices, "vote")) == {"differentiated"}
    assert find_results(other).heat is kept.heat and kept.heat.GetName() == "Y heat"


def test_a_renamed_ct_renames_its_results(scene, ct, roi):
    show_result(scene, ct, roi, result_of(ct, roi))
    ct.SetName("Z")
    assert show_result(scene, ct, roi, result_of(ct, roi)).heat.GetName() == "Z heat"


def test_several_boxes_are_all_referred_to(scene, ct, roi):
    second = add_roi(scene, made_box(made_grid()), "second")
    nodes = show_result(scene, ct, [roi, second], result_of(ct, roi))
    assert nodes.heat.GetNumberOfNodeReferences("GastricDiff.ROI") == 2
    nodes = show_result(scene, ct, second, result_of(ct, roi))
    assert nodes.heat.GetNumberOfNodeReferences("GastricDiff.ROI") == 1
    assert nodes.heat.GetNodeReference("GastricDiff.ROI") is second


def test_the_heat_lies_on_the_voxels_of_the_ct(scene, ct, roi):
    result = result_of(ct, roi)
    heat = show_result(scene, ct, roi, result).heat
    array = slicer.util.arrayFromVolume(heat)
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array, result.heat)
    np.testing.assert_array_equal(world_grid(heat).ijk_to_lps, world_grid(ct).ijk_to_lps)


def test_the_heat_of_flipped_and_permuted_axes_lies_on_the_same_anatomy(scene, roi):
    grid = made_grid()
    straight = result_of(add_volume(scene, made_hu(), grid), roi).heat
    turned = Grid((56, 12, 40), grid.ijk_to_lps @ np.eye(4)[:, [1, 2, 0, 3]])
    node = add_volume(scene, made_hu().transpose(2, 0, 1), turned, "turned")
    heat = show_result(scene, node, roi, result_of(node, roi)).heat
    np.testing.assert_allclose(
        slicer.util.arrayFromVolume(heat).transpose(1, 2, 0), straight, atol=1e-6
    )


def test_under_a_parent_transform_the_heat_keeps_to_the_ct(scene, ct, roi):
    turn(scene, (ct, roi))
    volume = volume_from_node(ct)
    assert volume.resampled
    heat = show_result(scene, ct, roi, result_of(ct, roi)).heat
    assert heat.GetTransformNodeID() == ct.GetTransformNodeID()
    np.testing.assert_allclose(world_grid(heat).ijk_to_lps, world_grid(ct).ijk_to_lps)
    hottest = np.unravel_index(slicer.util.arrayFromVolume(heat).argmax(), (12, 40, 56))
    place = world_grid(ct).to_lps(np.array(hottest[::-1], dtype=float))
    assert np.linalg.norm(place - roi_from_node(roi).center_lps) < 4


def test_the_heat_of_a_sheared_ct_is_brought_back_to_its_voxels(scene, ct):
    shear = vtk.vtkMatrix4x4()
    shear.SetElement(1, 2, 0.2)
    parent = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    parent.SetMatrixTransformToParent(shear)
    ct.SetAndObserveTransformNodeID(parent.GetID())
    volume = volume_from_node(ct)
    box = made_box(volume.axial_grid)
    roi = add_roi(scene, box)
    heat = show_result(scene, ct, roi, made_result(volume, [box])).heat
    array = slicer.util.arrayFromVolume(heat)
    assert array.shape == (12, 40, 56)
    hottest = np.array(np.unravel_index(array.argmax(), array.shape)[::-1], dtype=float)
    assert np.linalg.norm(world_grid(ct).to_lps(hottest) - box.center_lps) < 4


def test_a_result_of_another_ct_is_refused_and_the_scene_stays_as_it_was(scene, ct, roi):
    far = CTVolume.from_array(made_hu(), made_grid(origin=(500.0, 500.0, 500.0)).ijk_to_lps)
    result = made_result(far, [made_box(far.grid)])
    before = contents(scene)
    with pytest.raises(InputError, match=r"another CT.*'X'"):
        show_result(scene, ct, roi, result)
    assert contents(scene) == before


def test_heat_is_transparent_where_low_and_its_colours_are_fixed_to_0_and_1(scene, ct, roi):
    display = show_result(scene, ct, roi, result_of(ct, roi)).heat.GetDisplayNode()
    assert (display.GetWindowLevelMin(), display.GetWindowLevelMax()) == (0, 1)
    assert not display.GetAutoWindowLevel()
    table = display.GetColorNode().GetLookupTable()
    alpha = np.array([table.GetTableValue(n)[3] for n in range(256)])
    assert (alpha[:51] == 0).all() and (alpha[52:] > 0).all()
    assert (np.diff(alpha) >= 0).all()


def test_slice_views_show_the_ct_with_its_heat(scene, ct, roi):
    views = [add_view(scene, name) for name in ("Red", "Green")]
    nodes = show_result(scene, ct, roi, result_of(ct, roi))
    for view in views:
        assert view.GetBackgroundVolumeID() == ct.GetID()
        assert view.GetForegroundVolumeID() == nodes.heat.GetID()
        assert 0 < view.GetForegroundOpacity() < 1


def test_the_overlay_goes_off_and_on_only_over_cts_with_a_result(scene, ct, roi):
    red, green, yellow = (add_view(scene, name) for name in ("Red", "Green", "Yellow"))
    nodes = show_result(scene, ct, roi, result_of(ct, roi))
    pet = add_volume(scene, made_hu(), made_grid(), "own overlay")
    green.SetForegroundVolumeID(pet.GetID())
    yellow.SetBackgroundVolumeID(pet.GetID())
    yellow.SetForegroundVolumeID(None)
    show_overlay(scene, False)
    assert red.GetForegroundVolumeID() is None
    assert green.GetForegroundVolumeID() == pet.GetID()
    show_overlay(scene, True, 0.25)
    assert red.GetForegroundVolumeID() == nodes.heat.GetID()
    assert red.GetForegroundOpacity() == 0.25
    assert yellow.GetForegroundVolumeID() is None


def test_a_made_case_is_what_the_tests_take_it_for():
    volume, boxes, result = made_case()
    assert result.heat.shape == volume.grid.shape and result.heat.max() > 0.8
    assert len(result.p) == 5 == len(boxes[0].slices(volume))
