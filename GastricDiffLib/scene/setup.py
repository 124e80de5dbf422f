"""What every scene needs before anything can be seen in it, as Slicer itself sets it up."""

from __future__ import annotations

import slicer

from GastricDiffLib.scene.mrml import MRMLScene

READABLE_BY = "Slicer 5.10.0 0"
"""The version written into scenes of our own. Without it Slicer warns of a foreign file."""
_MARKUPS_STORAGE = ("vtkMRMLMarkupsJsonStorageNode", "vtkMRMLMarkupsROIJsonStorageNode")


def new_scene() -> MRMLScene:
    """An empty vtkMRMLScene with Slicer's colour tables, slice orientations and markups storage."""
    scene: MRMLScene = slicer.vtkMRMLScene()
    scene.SetVersion(READABLE_BY)
    ensure_basics(scene)
    return scene


def ensure_basics(scene: MRMLScene) -> None:
    """Add what is missing of colour tables, slice orientations and storage of markups."""
    for storage in _MARKUPS_STORAGE:
        if not scene.IsNodeClassRegistered(storage):
            scene.RegisterNodeClass(getattr(slicer, storage)())
    if scene.GetNodeByID("vtkMRMLColorTableNodeGrey") is None:
        logic = slicer.vtkMRMLColorLogic()
        logic.SetMRMLScene(scene)
        logic.AddDefaultColorNodes()
        # A logic that still has its scene takes the tables away with it.
        logic.SetMRMLScene(None)
    if scene.GetDefaultNodeByClass("vtkMRMLSliceNode") is None:
        patient_right_is_screen_left = True
        slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(
            scene, patient_right_is_screen_left
        )
