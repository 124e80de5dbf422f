"""Of two CTs with results, the views show one: slices, heat, plot and table."""

from __future__ import annotations

import pytest
from made_results import made_case

from GastricDiffLib.app.boxes import show_outline
from GastricDiffLib.app.windows import show_first_window
from GastricDiffLib.ct.axial import input_hu
from GastricDiffLib.scene import add_roi, add_volume, find_results, new_scene, show_result
from GastricDiffLib.scene.curves import show_curves
from GastricDiffLib.scene.kinds import nodes_by_class
from GastricDiffLib.scene.layout import add_views
from GastricDiffLib.scene.nodes import ABDOMEN_LEVEL, ABDOMEN_WINDOW
from GastricDiffLib.scene.shown_case import ResultsOfCTs, show_case_in_views


@pytest.fixture
def scene():
    scene = new_scene()
    add_views(scene)
    for node_class in ("vtkMRMLPlotViewNode", "vtkMRMLTableViewNode"):
        scene.AddNewNodeByClass(node_class)
    return scene


def add_case(scene, name, result=True):
    volume, boxes, made = made_case()
    ct = add_volume(scene, input_hu(volume), volume.grid, name)
    roi = add_roi(scene, boxes[0], f"{name} ROI")
    if result:
        show_result(scene, ct, roi, made)
    return ct


def shown(scene):
    """Background and foreground of every slice view, and what plot and table views show."""
    layers = {
        (view.GetBackgroundVolumeID(), view.GetForegroundVolumeID())
        for view in nodes_by_class(scene, "vtkMRMLSliceCompositeNode")
    }
    plots = {v.GetPlotChartNodeID() for v in nodes_by_class(scene, "vtkMRMLPlotViewNode")}
    tables = {v.GetTableNodeID() for v in nodes_by_class(scene, "vtkMRMLTableViewNode")}
    return layers, plots, tables


def open_plot_and_table(scene, ct):
    nodes = find_results(ct)
    for view in nodes_by_class(scene, "vtkMRMLPlotViewNode"):
        view.SetPlotChartNodeID(nodes.chart.GetID())
    for view in nodes_by_class(scene, "vtkMRMLTableViewNode"):
        view.SetTableNodeID(nodes.slices.GetID())


def test_choosing_another_ct_turns_slices_heat_plot_and_table_to_it(scene):
    first, second = add_case(scene, "first"), add_case(scene, "second")
    for one, other in ((first, second), (second, first)):
        open_plot_and_table(scene, other)
        show_case_in_views(scene, other)
        assert show_case_in_views(scene, one)
        assert not show_case_in_views(scene, one)
        nodes = find_results(one)
        assert shown(scene) == (
            {(one.GetID(), nodes.heat.GetID())},
            {nodes.chart.GetID()},
            {nodes.slices.GetID()},
        )


def test_a_ct_without_a_result_shows_none_of_another_ct(scene):
    first, bare = add_case(scene, "first"), add_case(scene, "bare", result=False)
    open_plot_and_table(scene, first)
    show_case_in_views(scene, bare)
    assert shown(scene) == ({(bare.GetID(), None)}, {None}, {None})


def test_what_the_user_arranged_beside_results_stays(scene):
    ct = add_case(scene, "first", result=False)
    own = add_case(scene, "PET", result=False)
    chart = scene.AddNewNodeByClass("vtkMRMLPlotChartNode", "own chart")
    for view in nodes_by_class(scene, "vtkMRMLSliceCompositeNode"):
        view.SetBackgroundVolumeID(ct.GetID())
        view.SetForegroundVolumeID(own.GetID())
    for view in nodes_by_class(scene, "vtkMRMLPlotViewNode"):
        view.SetPlotChartNodeID(chart.GetID())
    show_case_in_views(scene, ct)
    assert shown(scene)[:2] == ({(ct.GetID(), own.GetID())}, {chart.GetID()})


def test_with_a_ct_its_results_go_and_those_of_others_stay(scene):
    first, second = add_case(scene, "first"), add_case(scene, "second")
    results = ResultsOfCTs(scene)
    results.refresh()
    gone = [node.GetID() for node in find_results(first).all()]
    scene.RemoveNode(first)
    results.refresh()
    assert [scene.GetNodeByID(one) for one in gone] == [None] * len(gone)
    assert find_results(second) is not None


def test_results_that_came_without_their_ct_are_the_users_to_keep(scene):
    ct = add_case(scene, "first")
    kept = [node.GetID() for node in find_results(ct).all()]
    scene.RemoveNode(ct)
    results = ResultsOfCTs(scene)
    results.refresh()
    results.refresh()
    assert all(scene.GetNodeByID(one) is not None for one in kept)


def test_a_table_in_slicer_is_headed_by_its_columns_names(scene):
    nodes = find_results(add_case(scene, "first"))
    for table in (nodes.slices, nodes.case):
        assert table.GetUseColumnTitleAsColumnHeader()


def test_a_loaded_box_is_a_bare_outline(scene):
    roi = scene.AddNewNodeByClass("vtkMRMLMarkupsROINode", "Tumour of DOE^JANE")
    roi.CreateDefaultDisplayNodes()
    show_outline(roi)
    display = roi.GetDisplayNode()
    assert not display.GetFillVisibility() and not display.GetPropertiesLabelVisibility()


def test_a_ct_comes_in_the_abdominal_window_unless_another_was_set(scene):
    ct = add_case(scene, "first", result=False)
    display = ct.GetDisplayNode()
    display.AutoWindowLevelOn()
    show_first_window(ct)
    assert (display.GetWindow(), display.GetLevel()) == (ABDOMEN_WINDOW, ABDOMEN_LEVEL)
    display.SetWindowLevel(1500.0, -600.0)
    show_first_window(ct)
    assert display.GetWindow() == 1500.0


def test_axes_of_the_curves_hold_every_epoch_and_one_epoch_is_drawn_without_a_line(scene):
    row = {"epoch": 0.0, "loss": 2.5, "val_loss": 0.4, "val_image_auc": 0.6, "val_case_auc": 0.7}
    history = []
    for epoch in range(4):
        history.append(row | {"epoch": float(epoch), "loss": 2.5 + epoch})
        chart = show_curves(scene, history)
        x, y = chart.GetXAxisRange(), chart.GetYAxisRange()
        assert x[0] < 1 and x[1] > epoch + 1
        assert y[0] <= 0 and y[1] > 2.5 + epoch
        series = chart.GetNthPlotSeriesNode(0)
        assert (series.GetLineStyle() == series.LineStyleNone) == (epoch == 0)
