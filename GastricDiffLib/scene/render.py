"""A slice view's picture without a window: CT, heat and nothing else."""

from __future__ import annotations

import numpy as np
import slicer
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy

from GastricDiffLib.errors import InputError
from GastricDiffLib.scene.mrml import MRMLScene
from GastricDiffLib.scene.setup import ensure_basics

_VIEW = "GastricDiffRender"


def render_slice(
    scene: MRMLScene, view: str = "Red", position_mm: float | None = None, size: int = 512
) -> NDArray[np.uint8]:
    """What the slice view of that name shows, (size, size, 3) uint8 RGB, top row first.

    Blends the view's background and foreground as Slicer does; markups are not drawn.
    ``position_mm`` is the offset along the view's normal (S in mm for Red), by default the
    view's own. The scene is left as it was.

    Raises
    ------
    InputError
        When it has no such view.
    """
    shown = scene.GetSingletonNode(view, "vtkMRMLSliceNode")
    layers = scene.GetSingletonNode(view, "vtkMRMLSliceCompositeNode")
    if shown is None or layers is None:
        raise InputError("the scene has no such slice view", view, "Red, Yellow or Green")
    ensure_basics(scene)
    logic = slicer.vtkMRMLSliceLogic()
    logic.SetMRMLScene(scene)
    node = logic.AddSliceNode(_VIEW)
    try:
        field = max(shown.GetFieldOfView()[:2])
        node.SetDimensions(size, size, 1)
        node.SetFieldOfView(field, field, shown.GetFieldOfView()[2])
        node.GetSliceToRAS().DeepCopy(shown.GetSliceToRAS())
        node.UpdateMatrices()
        if position_mm is not None:
            node.SetSliceOffset(position_mm)
        composite = logic.GetSliceCompositeNode()
        composite.SetBackgroundVolumeID(layers.GetBackgroundVolumeID())
        composite.SetForegroundVolumeID(layers.GetForegroundVolumeID())
        composite.SetForegroundOpacity(layers.GetForegroundOpacity())
        port = logic.GetImageDataConnection()
        if port is None:
            return np.zeros((size, size, 3), dtype=np.uint8)
        port.GetProducer().Update()
        scalars = port.GetProducer().GetOutput().GetPointData().GetScalars()
        pixels = vtk_to_numpy(scalars)  # type: ignore[no-untyped-call]
        rgba = pixels.reshape(size, size, 4)[::-1]
        # Outside of the volume the blend keeps a colour, only alpha shows that nothing is there.
        return np.where(rgba[..., 3:] > 0, rgba[..., :3], np.uint8(0))
    finally:
        own = (
            node,
            logic.GetSliceCompositeNode(),
            logic.GetSliceModelNode(),
            logic.GetSliceModelDisplayNode(),
            logic.GetSliceModelTransformNode(),
        )
        logic.SetMRMLScene(None)
        for leftover in own:
            if leftover is not None and scene.IsNodePresent(leftover):
                scene.RemoveNode(leftover)
