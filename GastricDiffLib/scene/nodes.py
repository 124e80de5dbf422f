"""A CT and a box as nodes of a scene."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer

from GastricDiffLib.ct import BoxROI, Grid
from GastricDiffLib.scene.frames import RAS_LPS, to_vtk

ABDOMEN_WINDOW, ABDOMEN_LEVEL = 400.0, 40.0
"""Width and centre in HU of the display window that radiologists read abdomens with."""


def add_volume(scene: Any, array: np.ndarray, grid: Grid, name: str = "CT") -> Any:
    """A new vtkMRMLScalarVolumeNode with ``array`` (K, J, I) on ``grid``, abdominal window."""
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    half = ABDOMEN_WINDOW / 2
    show_between(node, ABDOMEN_LEVEL - half, ABDOMEN_LEVEL + half, "vtkMRMLColorTableNodeGrey")
    slicer.util.updateVolumeFromArray(node, array)
    node.SetIJKToRASMatrix(to_vtk(RAS_LPS @ grid.ijk_to_lps))
    return node


def show_between(volume_node: Any, low: float, high: float, colour_id: str) -> None:
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


def add_roi(scene: Any, box: BoxROI, name: str = "") -> Any:
    """A new vtkMRMLMarkupsROINode for ``box``, an outline without filling."""
    node = scene.AddNewNodeByClass("vtkMRMLMarkupsROINode", name or box.name or "ROI")
    box_to_lps = np.eye(4)
    box_to_lps[:3, :3] = box.axes_lps
    box_to_lps[:3, 3] = box.center_lps
    node.SetAndObserveObjectToNodeMatrix(to_vtk(RAS_LPS @ box_to_lps))
    node.SetSize(box.size_mm.tolist())
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetFillVisibility(False)
    display.SetPropertiesLabelVisibility(False)
    display.SetHandlesInteractive(False)
    return node
