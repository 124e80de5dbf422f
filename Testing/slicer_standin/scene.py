"""The scene of a running Slicer: singletons, view nodes, slice logics, registered node types."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vtkmodules.vtkCommonCore import vtkCollection

SLICES = ("Red", "Yellow", "Green")
WITH_LOGIC = ("Markups", "Volumes", "Tables", "Plots")
"""Slicer's own modules whose logics are there; they register their node types."""


class Logics:
    """The application's logics over one scene. ``close`` lets go of it."""

    def __init__(self, scene: Any, cache: Path) -> None:
        """``cache`` is the folder into which scene bundles are unpacked."""
        import slicer

        self.scene = scene
        self._cache, self._data_io = slicer.vtkCacheManager(), slicer.vtkDataIOManager()
        self._cache.SetRemoteCacheDirectory(str(cache))
        self._data_io.SetCacheManager(self._cache)
        scene.SetCacheManager(self._cache)
        scene.SetDataIOManager(self._data_io)
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
        collection = vtkCollection()
        for name in SLICES:
            logic = slicer.vtkMRMLSliceLogic()
            logic.SetMRMLApplicationLogic(self.application)
            logic.SetMRMLScene(scene)
            logic.SetSliceNode(scene.GetSingletonNode(name, "vtkMRMLSliceNode"))
            self.slices[name] = logic
            collection.AddItem(logic)
        self.application.SetSliceLogics(collection)
        self._modules: dict[str, Any] = {}
        for name in WITH_LOGIC:
            self.of_module(name)

    def of_module(self, name: str) -> Any:
        """The logic of one of Slicer's own modules (``"Markups"``), made when first asked for."""
        import slicer

        if name not in self._modules:
            logic = getattr(slicer, f"vtkSlicer{name}Logic")()
            logic.SetMRMLApplicationLogic(self.application)
            logic.SetMRMLScene(self.scene)
            self.application.SetModuleLogic(name, logic)
            self._modules[name] = logic
        return self._modules[name]

    def close(self) -> None:
        """Let go of the scene."""
        self.application.SetSliceLogics(None)
        logics = (*self._modules.values(), *self.slices.values(), self.layout, self.application)
        for logic in logics:
            logic.SetMRMLScene(None)
