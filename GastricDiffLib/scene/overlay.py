"""The heat over the CT in the slice views."""

from __future__ import annotations

from GastricDiffLib.scene.heat import HEAT
from GastricDiffLib.scene.kinds import KIND, find_node, nodes_by_class
from GastricDiffLib.scene.mrml import MRMLScene, VolumeNode

DEFAULT_OPACITY = 0.5


def show_overlay(scene: MRMLScene, on: bool, opacity: float = DEFAULT_OPACITY) -> None:
    """Lay the heat over every CT that has one, or take it away, in all slice views.

    Views whose CT has no result, and foregrounds that are not ours, are left alone.
    """
    for view in nodes_by_class(scene, "vtkMRMLSliceCompositeNode"):
        if on:
            ct = scene.GetNodeByID(view.GetBackgroundVolumeID() or "")
            heat = find_node(ct, HEAT, "vtkMRMLScalarVolumeNode") if ct else None
            if heat is not None:
                view.SetForegroundVolumeID(heat.GetID())
                view.SetForegroundOpacity(opacity)
            continue
        foreground = scene.GetNodeByID(view.GetForegroundVolumeID() or "")
        if foreground is not None and foreground.GetAttribute(KIND) == HEAT:
            view.SetForegroundVolumeID(None)


def show_layers(
    scene: MRMLScene, volume_node: VolumeNode, heat_node: VolumeNode, opacity: float
) -> None:
    """Show the CT with its heat in all slice views of the scene."""
    for view in nodes_by_class(scene, "vtkMRMLSliceCompositeNode"):
        view.SetBackgroundVolumeID(volume_node.GetID())
        view.SetForegroundVolumeID(heat_node.GetID())
        view.SetForegroundOpacity(opacity)
