"""CT and box out of a scene, under whatever transforms they stand."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import slicer
import vtk
from made_results import made_box, made_grid, made_hu

from GastricDiffLib.ct import CTVolume, Grid
from GastricDiffLib.errors import InputError
from GastricDiffLib.scene import add_roi, add_volume, new_scene, roi_from_node, volume_from_node


def rotation(degrees, axis, shift=(0, 0, 0)):
    transform = vtk.vtkTransform()
    transform.Translate(*shift)
    transform.RotateWXYZ(degrees, *axis)
    return transform.GetMatrix()


def put_under(node, *matrices):
    """Stack linear transforms above a node, the first one innermost."""
    for matrix in matrices:
        parent = node.GetScene().AddNewNodeByClass("vtkMRMLLinearTransformNode")
        parent.SetMatrixTransformToParent(matrix)
        node.SetAndObserveTransformNodeID(parent.GetID())
        node = parent


def scaling(x, y, z):
    matrix = vtk.vtkMatrix4x4()
    for index, factor in enumerate((x, y, z)):
        matrix.SetElement(index, index, factor)
    return matrix


def bend(node):
    """Put a node under a thin-plate spline."""
    spline = vtk.vtkThinPlateSplineTransform()
    source, target = vtk.vtkPoints(), vtk.vtkPoints()
    for n in range(8):
        corner = [60.0 * (n & 1), 60.0 * (n >> 1 & 1), 60.0 * (n >> 2 & 1)]
        source.InsertNextPoint(corner)
        target.InsertNextPoint([corner[0] + 5 * (n == 7), *corner[1:]])
    spline.SetSourceLandmarks(source)
    spline.SetTargetLandmarks(target)
    spline.SetBasisToR()
    parent = node.GetScene().AddNewNodeByClass("vtkMRMLTransformNode", "warp")
    parent.SetAndObserveTransformToParent(spline)
    node.SetAndObserveTransformNodeID(parent.GetID())


def assert_same_volume(a: CTVolume, b: CTVolume):
    assert np.allclose(a.origin_lps, b.origin_lps, atol=1e-6)
    assert np.allclose(a.spacing_mm, b.spacing_mm, atol=1e-9)
    assert a.notes == b.notes and a.resampled == b.resampled
    np.testing.assert_array_equal(a.hu, b.hu)


@pytest.fixture
def scene():
    return new_scene()


@pytest.fixture
def ct(scene):
    return add_volume(scene, made_hu(), made_grid(), "X")


def test_a_volume_comes_back_from_its_node_as_it_went_in(ct):
    assert_same_volume(volume_from_node(ct), CTVolume.from_array(made_hu(), made_grid().ijk_to_lps))


def test_reading_an_upright_volume_copies_no_voxel(ct):
    assert np.shares_memory(volume_from_node(ct).hu, slicer.util.arrayFromVolume(ct))


TRANSFORMS = {
    "moved": [rotation(0, (0, 0, 1), (10, -20, 33))],
    "turned by a right angle": [rotation(90, (1, 0, 0))],
    "turned by 12 degrees": [rotation(12, (0.3, 0.2, 1), (5, 0, 0))],
    "under two parents": [rotation(90, (0, 0, 1)), rotation(7, (1, 0, 0), (0, 1, 2))],
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_volume_under_a_transform_is_the_hardened_volume(ct, name):
    put_under(ct, *TRANSFORMS[name])
    under = volume_from_node(ct)
    still = CTVolume.from_array(made_hu(), made_grid().ijk_to_lps)
    assert ct.HardenTransform()
    assert_same_volume(under, volume_from_node(ct))
    assert under.origin_lps != still.origin_lps


def test_a_turned_volume_shows_that_it_was_resampled(ct):
    put_under(ct, rotation(12, (0, 1, 0)))
    volume = volume_from_node(ct)
    assert volume.resampled and "12.0°" in volume.notes[0]


def test_scaling_by_a_parent_changes_the_spacing(ct):
    put_under(ct, scaling(2, 1, 0.5))
    assert volume_from_node(ct).spacing_mm == pytest.approx((2.0, 1.5, 4.0))


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_box_under_a_transform_is_the_hardened_box(scene, name):
    node = add_roi(scene, made_box(made_grid()), "tumour")
    before = roi_from_node(node)
    put_under(node, *TRANSFORMS[name])
    under = roi_from_node(node)
    node.HardenTransform()
    hardened = roi_from_node(node)
    np.testing.assert_allclose(sorted_rows(under), sorted_rows(hardened), atol=1e-6)
    assert not np.allclose(sorted_rows(under), sorted_rows(before), atol=1)
    assert under.name == "tumour"


def sorted_rows(box):
    corners = box.corners_lps().round(5)
    return corners[np.lexsort(corners.T)]


def test_a_box_comes_back_from_its_node_as_it_went_in(scene):
    axes = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1.0]])
    box = type(made_box(made_grid()))(np.array([1.0, 2, 3]), axes, np.array([10.0, 20, 30]))
    back = roi_from_node(add_roi(scene, box))
    np.testing.assert_allclose(back.center_lps, box.center_lps, atol=1e-9)
    np.testing.assert_allclose(back.axes_lps, box.axes_lps, atol=1e-9)
    np.testing.assert_allclose(back.size_mm, box.size_mm, atol=1e-9)


def test_ct_and_box_under_one_transform_keep_to_each_other(scene, ct):
    grid = made_grid()
    node = add_roi(scene, made_box(grid))
    before = made_box(grid).slices(volume_from_node(ct))
    put_under(ct, rotation(0, (0, 0, 1), (30, 40, 50)))
    node.SetAndObserveTransformNodeID(ct.GetTransformNodeID())
    assert roi_from_node(node).slices(volume_from_node(ct)) == before


def test_a_bent_transform_is_named_and_the_way_out_reported(scene, ct):
    roi = add_roi(scene, made_box(made_grid()))
    bend(ct)
    bend(roi)
    for read, node in ((volume_from_node, ct), (roi_from_node, roi)):
        with pytest.raises(InputError, match=r"'warp'.*harden it"):
            read(node)


def test_a_sheared_box_is_refused(scene):
    node = add_roi(scene, made_box(made_grid()))
    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(0, 1, 0.5)
    put_under(node, matrix)
    with pytest.raises(InputError, match="shears"):
        roi_from_node(node)


def test_what_is_no_ct_is_refused_by_name(scene, ct):
    empty = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "nothing")
    labels = scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "labels")
    colour = scene.AddNewNodeByClass("vtkMRMLVectorVolumeNode", "colour")
    slicer.util.updateVolumeFromArray(labels, made_hu())
    slicer.util.updateVolumeFromArray(colour, np.zeros((3, 4, 5, 3), np.uint8))
    model = scene.AddNewNodeByClass("vtkMRMLModelNode", "model")
    grey = add_volume(scene, (made_hu() > 0).astype(np.int16) * 255, made_grid(), "grey")
    for node, message in (
        (None, "no CT volume chosen"),
        (model, "no CT volume chosen: 'model'"),
        (empty, "no image: 'nothing'"),
        (labels, "label map.*'labels'"),
        (colour, "several values.*'colour'"),
        (grey, "not in Hounsfield units.*'grey'"),
    ):
        with pytest.raises(InputError, match=message):
            volume_from_node(node)


def test_what_is_no_box_is_refused_by_name(scene):
    points = scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "points")
    undrawn = scene.AddNewNodeByClass("vtkMRMLMarkupsROINode", "undrawn")
    inverted = add_roi(scene, made_box(made_grid()), "inverted")
    inverted.SetInsideOut(True)
    for node, message in (
        (None, "no ROI chosen"),
        (points, "no ROI chosen: 'points'"),
        (undrawn, "no volume: 'undrawn'"),
        (inverted, "inside out: 'inverted'"),
    ):
        with pytest.raises(InputError, match=message):
            roi_from_node(node)


def test_a_volume_with_flipped_axes_is_read_from_where_its_voxels_stand(scene):
    grid = made_grid()
    flipped = Grid(grid.shape, grid.ijk_to_lps @ np.diag([-1, 1, -1, 1.0]))
    volume = volume_from_node(add_volume(scene, made_hu(), flipped))
    np.testing.assert_array_equal(volume.hu, made_hu()[::-1, :, ::-1])


def test_without_slicer_the_error_names_the_extra_to_install():
    code = (
        "import sys; sys.modules['slicer'] = None\n"
        "from GastricDiffLib.errors import InputError\n"
        "try:\n    import GastricDiffLib.scene\n"
        "except InputError as error:\n    print(error)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'pip install "GastricDiffLib[scene]"' in run.stdout
