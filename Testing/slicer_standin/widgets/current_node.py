"""The current node of a node selector, and what the user can do with it."""

from __future__ import annotations

from typing import Any

from slicer_standin.generated import Parts
from slicer_standin.signals import find_signal
from slicer_standin.widgets.node_rows import ACTION, NODE_ID


class CurrentNode(Parts):
    """Part of ``qMRMLNodeComboBox``."""

    _scene: Any
    _rows: Any
    _box: Any

    def _current_id(self) -> str:
        item = self._rows.item(self._box.currentIndex)
        return (item.data(NODE_ID) if item else None) or ""

    def currentNode(self) -> Any:
        node_id = self._current_id()
        return self._scene.GetNodeByID(node_id) if node_id and self._scene is not None else None

    def _get_currentNodeID(self) -> str:
        node = self.currentNode()
        return node.GetID() if node else ""

    _get_currentNodeId = _get_currentNodeID

    def setCurrentNode(self, node: Any) -> None:
        if node is not None and not hasattr(node, "GetID"):
            raise ValueError(f"setCurrentNode takes a vtkMRMLNode or None, not {node!r}")
        self.setCurrentNodeID(node.GetID() if node is not None else "")

    def setCurrentNodeID(self, node_id: str) -> None:
        if self._scene is None:
            self._requested = node_id
        row = self._row_of(node_id or "")
        self._box.setCurrentIndex(row if row >= 0 else (0 if self.noneEnabled else -1))

    def _set_currentNodeID(self, node_id: str) -> None:
        self.setCurrentNodeID(node_id)

    _set_currentNodeId = _set_currentNodeID

    def setCurrentNodeIndex(self, index: int) -> None:
        index = -1 if index >= self.nodeCount() else index
        self._box.setCurrentIndex(index + int(self.noneEnabled))

    def nodeCount(self) -> int:
        rows = range(self._rows.rowCount())
        return sum(bool(self._rows.item(row).data(NODE_ID)) for row in rows)

    def nodeFromIndex(self, index: int) -> Any:
        item = self._rows.item(index + int(self.noneEnabled))
        node_id = item.data(NODE_ID) if item else None
        return self._scene.GetNodeByID(node_id) if node_id else None

    def _changed(self) -> None:
        if self._switching:
            return
        node, index = self.currentNode(), self._box.currentIndex
        if node is None and index != (0 if self.noneEnabled else -1):
            last = self.nodeFromIndex(self.nodeCount() - 1)
            if last is not None:
                self.setCurrentNode(last)
            return
        self.currentNodeChanged.emit(node)
        find_signal(self, "currentNodeChanged(bool)").emit(node is not None)
        self.currentNodeIDChanged.emit(node.GetID() if node else "")

    def _drop_if_gone(self) -> None:
        if self.currentNode() is None:
            self.setCurrentNode(None)

    def _activated(self, index: int) -> None:
        """The user picked a row: a node, None, or an action."""
        item = self._rows.item(index)
        action = item.data(ACTION)
        if not action:
            self.nodeActivated.emit(self.currentNode())
        elif action.startswith("Create new"):
            kinds = [k for k in self.nodeTypes if action == f"Create new {self.nodeTypeLabel(k)}"]
            self.nodeAddedByUserAction.emit(self.addNode(kinds[0]))
        elif action.startswith("Delete"):
            self.removeCurrentNode()
        elif action.startswith("Edit"):
            self.editCurrentNode()

    # Actions

    def addNode(self, kind: str | None = None) -> Any:
        kind = kind or (self.nodeTypes[0] if self.nodeTypes else None)
        if kind not in self.nodeTypes or self._scene is None:
            return None
        node = self._scene.CreateNodeByClass(kind)
        node.UnRegister(None)
        base = self._base_names.get(kind) or node.GetDefaultNodeNamePrefix()
        node.SetName(self._scene.GetUniqueNameByString(base))
        for name, value in self._attributes.values():
            node.SetAttribute(name, "" if value is None else str(value))
        node = self._scene.AddNode(node)
        if self.selectNodeUponCreation:
            self.setCurrentNode(node)
        self.nodeAddedByUser.emit(node)
        return node

    def removeCurrentNode(self) -> None:
        node = self.currentNode()
        if node is not None:
            self._scene.RemoveNode(node)

    def editCurrentNode(self) -> None:
        self.nodeAboutToBeEdited.emit(self.currentNode())
