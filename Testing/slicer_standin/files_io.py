"""``slicer.app.coreIOManager()``: reading and writing through Slicer's own logics and storage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6 import QtCore

from slicer_standin.generated import Parts, standin

_KINDS = {
    ".mrml": "SceneFile",
    ".mrb": "SceneFile",
    ".json": "MarkupsFile",
    ".csv": "TableFile",
    ".tsv": "TableFile",
}


@standin
class qSlicerCoreIOManager(Parts, QtCore.QObject):
    """Knows scenes, volumes, markups and tables; that is what ``slicer.util``'s loaders ask for."""

    def _set_up(self) -> None:
        self._logics: Any = None

    def fileType(self, path: str) -> str:
        return _KINDS.get(Path(path).suffix.lower(), "VolumeFile")

    def loadNodes(self, kind: str, properties: dict[str, Any], loaded: Any, messages: Any) -> bool:
        path = str(properties["fileName"])
        if kind == "SceneFile":
            return self._load_scene(path, bool(properties.get("clear", False)), messages)
        readers = {
            "VolumeFile": self._load_volume,
            "MarkupsFile": self._load_markups,
            "TableFile": self._load_table,
        }
        if kind not in readers:
            raise NotImplementedError(f"the stand-in does not read files of type {kind}")
        node = readers[kind](path, properties, messages)
        if node is not None:
            loaded.AddItem(node)
        return node is not None

    def _load_scene(self, path: str, clear: bool, messages: Any) -> bool:
        scene = self._logics.scene
        if path.endswith(".mrb"):
            return bool(scene.ReadFromMRB(str(Path(path).absolute()), clear, messages))
        scene.SetURL(path)
        return bool(scene.Connect(messages) if clear else scene.Import(messages))

    def _load_volume(self, path: str, properties: dict[str, Any], messages: Any) -> Any:
        options = 0
        flags = ("labelmap", "center", "singleFile", "autoWindowLevel", "discardOrientation")
        for bit, flag in enumerate(flags):
            options |= int(bool(properties.get(flag))) << bit
        name = properties.get("name", Path(path).name.partition(".")[0])
        node = self._logics.of_module("Volumes").AddArchetypeVolume(path, name, options)
        if node is not None and properties.get("show", True):
            self._logics.application.GetSelectionNode().SetActiveVolumeID(node.GetID())
            self._logics.application.PropagateVolumeSelection()
        return node

    def _load_markups(self, path: str, properties: dict[str, Any], messages: Any) -> Any:
        name = properties.get("name", Path(path).name.partition(".")[0])
        logic = self._logics.of_module("Markups")
        node_id = logic.LoadMarkups(path, name, messages)
        return self._logics.scene.GetNodeByID(node_id) if node_id else None

    def _load_table(self, path: str, properties: dict[str, Any], messages: Any) -> Any:
        name = properties.get("name", Path(path).stem)
        return self._logics.of_module("Tables").AddTable(path, name)

    def fileWriterFileType(self, node: Any) -> str:
        return node.GetClassName()

    def saveNodes(self, kind: str, properties: dict[str, Any], messages: Any) -> bool:
        path, scene = str(properties["fileName"]), self._logics.scene
        if kind == "SceneFile" and path.endswith(".mrb"):
            return bool(scene.WriteToMRB(str(Path(path).absolute()), None, messages))
        if kind == "SceneFile":
            scene.SetURL(path)
            return bool(scene.Commit(path, messages))
        node = scene.GetNodeByID(properties["nodeID"])
        if node.GetStorageNode() is None:
            node.AddDefaultStorageNode(path)
        node.GetStorageNode().SetFileName(path)
        return bool(node.GetStorageNode().WriteData(node))


@standin
class qSlicerIOManager(qSlicerCoreIOManager):
    pass
