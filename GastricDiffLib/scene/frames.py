"""Matrices between the scene's frames: voxels, a node's own RAS, world RAS, and LPS."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from GastricDiffLib.ct import Grid
from GastricDiffLib.errors import InputError
from GastricDiffLib.scene.mrml import TransformableNode, VolumeNode

RAS_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""RAS → LPS and back, 4×4."""


def to_numpy(matrix: vtkMatrix4x4) -> NDArray[np.float64]:
    """A copy of a vtkMatrix4x4, 4×4 float64."""
    return np.array([[matrix.GetElement(i, j) for j in range(4)] for i in range(4)])


def to_vtk(matrix: NDArray[np.float64]) -> vtkMatrix4x4:
    """A vtkMatrix4x4 from a 4×4 array."""
    result = vtkMatrix4x4()
    result.DeepCopy(np.asarray(matrix, dtype=np.float64).ravel().tolist())
    return result


def node_to_world(node: TransformableNode) -> NDArray[np.float64]:
    """A node's own RAS → world RAS (mm), 4×4: what all its parent transforms make together.

    Raises
    ------
    InputError
        When one of them is not linear.
    """
    parent = node.GetParentTransformNode()
    if parent is None:
        return np.eye(4)
    matrix = vtkMatrix4x4()
    if not parent.IsTransformToWorldLinear() or not parent.GetMatrixTransformToWorld(matrix):
        raise InputError(
            "the parent transform is not linear",
            f"'{parent.GetName()}' on '{node.GetName()}'",
            "harden it in Slicer's Transforms module",
        )
    return to_numpy(matrix)


def world_grid(volume_node: VolumeNode) -> Grid:
    """The voxel grid of a volume node in the world's LPS (mm), parent transforms included.

    Raises
    ------
    InputError
        When the volume holds no image, a parent transform is not linear or the grid is degenerate.
    """
    ijk_to_ras = vtkMatrix4x4()
    volume_node.GetIJKToRASMatrix(ijk_to_ras)
    image = volume_node.GetImageData()
    if image is None:
        raise InputError("the volume holds no image", f"'{volume_node.GetName()}'")
    i, j, k = image.GetDimensions()
    world = RAS_LPS @ node_to_world(volume_node) @ to_numpy(ijk_to_ras)
    return Grid((k, j, i), world)
