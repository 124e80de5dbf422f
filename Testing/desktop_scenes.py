"""Scenes with Slicer's views and a CT in a box, for the tests of the panel's sections."""

from __future__ import annotations

from typing import Any

import vtk
from made_results import made_case

from GastricDiffLib.ct.axial import input_hu
from GastricDiffLib.scene import add_roi, add_volume, new_scene
from GastricDiffLib.scene.layout import add_views


def case_scene() -> tuple[Any, Any, Any]:
    """A scene with Slicer's views, a made CT and its box: (scene, volume node, ROI node)."""
    volume, boxes, _ = made_case()
    scene = new_scene()
    add_views(scene)
    node = add_volume(scene, input_hu(volume), volume.grid, "DOE^JANE")
    return scene, node, add_roi(scene, boxes[0])


def turn(node: Any, degrees: float) -> None:
    """Put the node under a transform that turns it around the patient's left-right axis."""
    scene = node.GetScene()
    transform = vtk.vtkTransform()
    transform.RotateX(degrees)
    parent = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    parent.SetMatrixTransformToParent(transform.GetMatrix())
    node.SetAndObserveTransformNodeID(parent.GetID())


def nodes(scene: Any) -> list[Any]:
    """All nodes of a scene."""
    return [scene.GetNthNode(n) for n in range(scene.GetNumberOfNodes())]
