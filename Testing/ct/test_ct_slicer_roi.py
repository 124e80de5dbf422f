"""ROI files of Slicer's own writer and reader, against ours."""

from __future__ import annotations

import numpy as np
import pytest

from GastricDiffLib.ct import BoxROI, read_roi
from GastricDiffLib.ct.roi import write_roi

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
vtk = pytest.importorskip("vtk")

RAS_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
LPS, RAS = 1, 0


def rotated_object_to_ras() -> np.ndarray:
    """Turned 30° about S and then 15° about R, centred away from the origin."""
    transform = vtk.vtkTransform()
    transform.Translate(10, 20, 30)
    transform.RotateZ(30)
    transform.RotateX(15)
    matrix = transform.GetMatrix()
    return np.array([[matrix.GetElement(i, j) for j in range(4)] for i in range(4)])


def slicer_node(scene, matrix: np.ndarray, size: tuple[float, float, float]):
    node = scene.AddNewNodeByClass("vtkMRMLMarkupsROINode", "Tumour")
    node.SetSize(*size)
    object_to_node = vtk.vtkMatrix4x4()
    object_to_node.DeepCopy(matrix.ravel())
    node.SetAndObserveObjectToNodeMatrix(object_to_node)
    return node


def storage(scene, path, system: int):
    node = slicer.vtkMRMLMarkupsROIJsonStorageNode()
    scene.AddNode(node)
    node.SetFileName(str(path))
    node.SetCoordinateSystem(system)
    return node


def corners_in_slicer(node) -> np.ndarray:
    """The box's corners in LPS by Slicer's own matrix and size."""
    matrix = node.GetObjectToWorldMatrix()
    to_ras = np.array([[matrix.GetElement(i, j) for j in range(4)] for i in range(4)])
    signs = np.array(np.meshgrid(*[(-0.5, 0.5)] * 3)).reshape(3, 8)
    points = np.vstack([signs * np.array(node.GetSize())[:, None], np.ones(8)])
    return (RAS_LPS @ to_ras @ points)[:3].T


def as_set(corners: np.ndarray) -> np.ndarray:
    return corners[np.lexsort(np.round(corners, 4).T)]


@pytest.mark.parametrize("system", [LPS, RAS])
def test_a_rotated_box_of_slicers_writer_is_the_same_box_here(tmp_path, system):
    scene = slicer.vtkMRMLScene()
    node = slicer_node(scene, rotated_object_to_ras(), (30, 40, 50))
    assert storage(scene, tmp_path / "roi.mrk.json", system).WriteData(node)
    (box,) = read_roi(tmp_path / "roi.mrk.json")
    assert not box.is_axis_aligned
    np.testing.assert_allclose(box.center_lps, [-10, -20, 30], atol=1e-6)
    np.testing.assert_allclose(
        as_set(box.corners_lps()), as_set(corners_in_slicer(node)), atol=1e-6
    )


def test_slicer_reads_our_box_as_the_same_box(tmp_path):
    axes = (RAS_LPS @ rotated_object_to_ras())[:3, :3]
    box = BoxROI(np.array([7.0, -8.0, 9.0]), axes, np.array([11.0, 22.0, 33.0]), "Tumour")
    write_roi(tmp_path / "roi.mrk.json", [box])
    scene = slicer.vtkMRMLScene()
    node = scene.AddNewNodeByClass("vtkMRMLMarkupsROINode", "read")
    assert storage(scene, tmp_path / "roi.mrk.json", LPS).ReadData(node)
    np.testing.assert_allclose(
        as_set(corners_in_slicer(node)), as_set(box.corners_lps()), atol=1e-6
    )


def test_a_box_under_a_parent_transform_is_where_slicer_shows_it(tmp_path):
    scene = slicer.vtkMRMLScene()
    node = slicer_node(scene, rotated_object_to_ras(), (30, 40, 50))
    assert storage(scene, tmp_path / "roi.mrk.json", LPS).WriteData(node)
    (box,) = read_roi(tmp_path / "roi.mrk.json")
    parent = vtk.vtkTransform()
    parent.RotateWXYZ(25, 1, 2, 3)
    parent.Translate(4, 5, 6)
    transform_node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform_node.SetMatrixTransformToParent(parent.GetMatrix())
    node.SetAndObserveTransformNodeID(transform_node.GetID())
    matrix = parent.GetMatrix()
    ras = np.array([[matrix.GetElement(i, j) for j in range(4)] for i in range(4)])
    moved = box.transformed(RAS_LPS @ ras @ RAS_LPS)
    np.testing.assert_allclose(
        as_set(moved.corners_lps()), as_set(corners_in_slicer(node)), atol=1e-6
    )
