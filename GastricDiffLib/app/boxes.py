"""A box put into the scene, or drawn there with two clicks."""

from __future__ import annotations

import numpy as np
import slicer
from numpy.typing import NDArray

from GastricDiffLib.ct import BoxROI
from GastricDiffLib.errors import InputError
from GastricDiffLib.scene.mrml import (
    InteractionNode,
    MRMLScene,
    ROINode,
    SelectionNode,
    SliceNode,
    VolumeNode,
)
from GastricDiffLib.scene.reading import roi_from_node
from GastricDiffLib.scene.setup import ensure_basics

USUAL_SIZE_MM = (60.0, 60.0, 50.0)
"""R, A, S: enough for most gastric tumours and their margin."""


def view_center(scene: MRMLScene, volume_node: VolumeNode) -> NDArray[np.float64]:
    """Where the user looks, RAS in mm: the middle of the red slice view.

    The CT's own middle where that view shows something else, or there is none.
    """
    bounds = np.zeros(6)
    volume_node.GetRASBounds(bounds)
    low, high = bounds[::2], bounds[1::2]
    view: SliceNode | None = scene.GetSingletonNode("Red", "vtkMRMLSliceNode")
    if view is not None:
        matrix = view.GetSliceToRAS()
        center = np.array([matrix.GetElement(row, 3) for row in range(3)])
        if (center >= low).all() and (center <= high).all():
            return center
    return (low + high) / 2


def place_box(scene: MRMLScene, volume_node: VolumeNode, roi_node: ROINode | None) -> ROINode:
    """Put a box of usual size where the user looks; the one there is keeps its size.

    Returns the ROI node, a new one where none was given.
    """
    center = view_center(scene, volume_node)
    if roi_node is None:
        roi_node = new_roi(scene)
    if min(roi_node.GetSize()) <= 0:
        bounds = np.zeros(6)
        volume_node.GetRASBounds(bounds)
        roi_node.SetSize(np.minimum(USUAL_SIZE_MM, np.ptp(bounds.reshape(3, 2), axis=1)).tolist())
    roi_node.SetCenterWorld(center.tolist())
    return roi_node


def new_roi(scene: MRMLScene) -> ROINode:
    """A new vtkMRMLMarkupsROINode, an outline without size."""
    ensure_basics(scene)
    node: ROINode = scene.AddNewNodeByClass("vtkMRMLMarkupsROINode", "ROI")
    node.CreateDefaultDisplayNodes()
    show_outline(node)
    return node


def draw_box(scene: MRMLScene, roi_node: ROINode | None) -> ROINode:
    """Let the user draw the box by two clicks in the views; returns its ROI node.

    What the node held is dropped. Without Slicer's mouse there is nobody to click: then the
    node alone is made ready.
    """
    if roi_node is None:
        roi_node = new_roi(scene)
    roi_node.RemoveAllControlPoints()
    roi_node.SetSize(0.0, 0.0, 0.0)
    selection: SelectionNode | None = scene.GetSingletonNode("Singleton", "vtkMRMLSelectionNode")
    interaction = _interaction(scene)
    if selection is not None and interaction is not None:
        selection.SetReferenceActivePlaceNodeClassName("vtkMRMLMarkupsROINode")
        selection.SetActivePlaceNodeID(roi_node.GetID())
        interaction.SwitchToSinglePlaceMode()
    return roi_node


def stop_drawing(scene: MRMLScene) -> None:
    """Give the mouse back to the views."""
    interaction = _interaction(scene)
    if interaction is not None:
        interaction.SwitchToViewTransformMode()


def show_handles(roi_node: ROINode, on: bool) -> None:
    """Handles on the box's faces and corners, in slice and 3D views, to drag it into shape."""
    display = roi_node.GetDisplayNode()
    if display is not None:
        display.SetHandlesInteractive(on)
        display.SetTranslationHandleVisibility(on)
        display.SetScaleHandleVisibility(on)
        display.SetRotationHandleVisibility(False)


def show_outline(roi_node: ROINode) -> None:
    """Show a box as a bare outline: what is in it can be seen, and no name lies over it."""
    display = roi_node.GetDisplayNode()
    if display is not None:
        display.SetFillVisibility(False)
        display.SetPropertiesLabelVisibility(False)


def is_drawing(scene: MRMLScene) -> bool:
    """Whether clicks in the views draw a box."""
    interaction = _interaction(scene)
    place = slicer.vtkMRMLInteractionNode.Place
    return interaction is not None and bool(interaction.GetCurrentInteractionMode() == place)


def is_drawn(roi_node: ROINode) -> bool:
    """Whether a box has a size: one that is still being drawn has none."""
    return min(roi_node.GetSize()) > 0


def same_place(roi_node: ROINode | None, box: BoxROI | None) -> bool:
    """Whether a ROI node stands where a box stood, each corner to a hundredth of a mm."""
    if box is None:
        return False
    try:
        now = roi_from_node(roi_node)
    except InputError:
        return False
    return bool(np.allclose(now.corners_lps(), box.corners_lps(), atol=0.01))


def _interaction(scene: MRMLScene) -> InteractionNode | None:
    node: InteractionNode | None = scene.GetSingletonNode("Singleton", "vtkMRMLInteractionNode")
    return node
