"""A CT and a box as nodes of a scene."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonDataModel import vtkImageData

from GastricDiffLib.ct import BoxROI, Grid
from GastricDiffLib.scene.frames import RAS_LPS, to_vtk
from GastricDiffLib.scene.mrml import MRMLScene, ROINode, VolumeNode

ABDOMEN_WINDOW, ABDOMEN_LEVEL = 400.0, 40.0
"""Width and centre in HU of the display window that radiologists read abdomens with."""


def add_volume(
    scene: MRMLScene, array: NDArray[Any], grid: Grid, name: str = "CT", share: bool = False
) -> VolumeNode:
    """A new vtkMRMLScalarVolumeNode with ``array`` (K, J, I) on ``grid``, abdominal window.

    ``share`` as in :func:`set_voxels`.
    """
    node: VolumeNode = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    half = ABDOMEN_WINDOW / 2
    show_between(node, ABDOMEN_LEVEL - half, ABDOMEN_LEVEL + half, "vtkMRMLColorTableNodeGrey")
    set_voxels(node, array, share)
    node.SetIJKToRASMatrix(to_vtk(RAS_LPS @ grid.ijk_to_lps))
    return node


def set_voxels(volume_node: VolumeNode, array: NDArray[Any], share: bool = False) -> None:
    """Give a volume node the voxels ``array`` (K, J, I).

    ``share``: without a copy where the array is contiguous. For a scene that nobody edits:
    what is painted into the node would change the array.
    """
    if not share:
        slicer.util.updateVolumeFromArray(volume_node, array)
        return
    image = vtkImageData()
    image.SetDimensions(array.shape[::-1])
    # The VTK array keeps the numpy array alive.
    image.GetPointData().SetScalars(numpy_to_vtk(np.ascontiguousarray(array).ravel()))  # type: ignore[no-untyped-call]
    volume_node.SetAndObserveImageData(image)


def show_between(volume_node: VolumeNode, low: float, high: float, colour_id: str) -> None:
    """Display a volume from ``low`` to ``high`` in a colour table.

    Best before the volume has voxels: a default display would search them for a window.
    """
    display = volume_node.GetDisplayNode()
    if display is None:
        scene = volume_node.GetScene()
        display = scene.AddNewNodeByClass("vtkMRMLScalarVolumeDisplayNode")
        display.AutoWindowLevelOff()
        volume_node.SetAndObserveDisplayNodeID(display.GetID())
    display.AutoWindowLevelOff()
    display.SetWindowLevelMinMax(low, high)
    display.SetAndObserveColorNodeID(colour_id)


def add_roi(scene: MRMLScene, box: BoxROI, name: str = "") -> ROINode:
    """A new vtkMRMLMarkupsROINode for ``box``, an outline without filling."""
    node: ROINode = scene.AddNewNodeByClass("vtkMRMLMarkupsROINode", name or box.name or "ROI")
    box_to_lps = np.eye(4)
    box_to_lps[:3, :3] = box.axes_lps
    box_to_lps[:3, 3] = box.center_lps
    node.SetAndObserveObjectToNodeMatrix(to_vtk(RAS_LPS @ box_to_lps))
    node.SetSize(box.size_mm.tolist())
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    assert display is not None
    display.SetFillVisibility(False)
    display.SetPropertiesLabelVisibility(False)
    display.SetHandlesInteractive(False)
    return node
