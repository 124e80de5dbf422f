"""The logic of the panel's case section: what CT and box are, and what they lack."""

from __future__ import annotations

import numpy as np
import pytest
import slicer
from desktop_scenes import case_scene, turn
from made_results import made_case

from GastricDiffLib.app.boxes import draw_box, place_box, show_handles, view_center
from GastricDiffLib.app.case import case_facts
from GastricDiffLib.ct import BoxROI
from GastricDiffLib.scene import add_roi, roi_from_node, volume_from_node


@pytest.fixture
def case():
    return case_scene()


def test_a_case_shows_its_size_and_how_many_slices_the_box_cuts(case):
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


def test_a_turned_ct_is_reported_without_being_resampled(case):
    _, ct, roi = case
    turn(ct, 12)
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
