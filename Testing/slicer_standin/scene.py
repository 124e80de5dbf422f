"""The scene of a running Slicer: singletons, view nodes, slice logics, registered node types."""

from __future__ import annotations

from typing import Any

SLICES = ("Red", "Yellow", "Green")


class Logics:
    """The application's logics over one scene. ``close`` lets go of it."""

    def __init__(self, scene: Any) -> None:
        import slicer
        import vtk

        self.scene = scene
        for storage in ("vtkMRMLMarkupsJsonStorageNode", "vtkMRMLMarkupsROIJsonStorageNode"):
            if not scene.IsNodeClassRegistered(storage):
                scene.RegisterNodeClass(getattr(slicer, storage)())
        if scene.GetDefaultNodeByClass("vtkMRMLSliceNode") is None:
            slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(scene, True)
        self.application = slicer.vtkSlicerApplicationLogic()
        self.application.SetMRMLScene(scene)
        self.colors = slicer.vtkMRMLColorLogic()
        if scene.GetNodeByID("vtkMRMLColorTableNodeGrey") is None:
            self.colors.SetMRMLScene(scene)
            self.colors.AddDefaultColorNodes()
        self.layout = slicer.vtkMRMLLayoutLogic()
        self.layout.SetMRMLScene(scene)
        four_up = slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView
        self.layout.GetLayoutNode().SetViewArrangement(four_up)
        self.slices = {}
        collection = vtk.vtkCollection()
        for name in SLICES:
            logic = slicer.vtkMRMLSliceLogic()
            logic.SetMRMLApplicationLogic(self.application)
            logic.SetMRMLScene(scene)
            logic.SetSliceNode(scene.GetSingletonNode(name, "vtkMRMLSliceNode"))
            self.slices[name] = logic
            collection.AddItem(logic)
        self.application.SetSliceLogics(collection)
        self._modules: dict[str, Any] = {}

    def of_module(self, name: str) -> Any:
        """The logic of one of Slicer's own modules (``"Markups"``), made when first asked for."""
        import slicer

        if name not in self._modules:
            logic = getattr(slicer, f"vtkSlicer{name}Logic")()
            logic.SetMRMLApplicationLogic(self.application)
            logic.SetMRMLScene(self.scene)
            self._modules[name] = logic
        return self._modules[name]

    def close(self) -> None:
        """Let go of the scene."""
        self.application.SetSliceLogics(None)
        logics = (*self._modules.values(), *self.slices.values(), self.layout, self.application)
        for logic in logics:
            logic.SetMRMLScene(None)
