"""Slicer's node selector over a real MRML scene.

As in Slicer a combo box with a model of rows (None, the nodes, the actions) is behind it, so that
Qt's own rules decide what becomes current when rows come and go, and the signal follows the text
shown: two nodes of one name do not tell themselves apart.
"""

from __future__ import annotations

from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets

from slicer_standin.generated import Parts, standin
from slicer_standin.observing import Observers
from slicer_standin.signals import find_signal

_NODE_ID = int(QtCore.Qt.UserRole) + 1
_ACTION = int(QtCore.Qt.UserRole) + 2


@standin
class qMRMLNodeComboBox(Parts, QtWidgets.QWidget):
    """Shows the nodes of its types, in the scene's order."""

    def _set_up(self) -> None:
        import slicer

        self._scene: Any = None
        self._observers = Observers(self)
        self._attributes: dict[str, tuple[str, Any]] = {}
        self._labels: dict[str, str] = {}
        self._base_names: dict[str, str] = {}
        self._requested: str | None = None
        self._switching = False
        self._events = slicer.vtkMRMLScene
        self._values.update(addEnabled=True, removeEnabled=True, selectNodeUponCreation=True)
        self._values.update(noneEnabled=False, editEnabled=False, renameEnabled=False)
        self._values.update(nodeTypes=[], hideChildNodeTypes=[], showHidden=False)
        self._values.update(showChildNodeTypes=True, noneDisplay="None")
        self._values.update(interactionNodeSingletonTag="Singleton")
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self._box = QtWidgets.QComboBox()
        self._box.setSizePolicy(QtWidgets.QSizePolicy.Expanding, QtWidgets.QSizePolicy.Expanding)
        self._box.setSizeAdjustPolicy(QtWidgets.QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self._rows = QtGui.QStandardItemModel(self)
        self._box.setModel(self._rows)
        row.addWidget(self._box)
        self.setSizePolicy(QtWidgets.QSizePolicy.Preferred, QtWidgets.QSizePolicy.Fixed)
        self._box.currentTextChanged.connect(self._changed)
        self._box.activated.connect(self._activated)
        self._update_actions()
        self.setEnabled(False)

    # Scene

    def mrmlScene(self) -> Any:
        return self._scene

    def setMRMLScene(self, scene: Any) -> None:
        if scene is self._scene:
            return
        had_nodes, before = self.nodeCount() > 0, self._current_id()
        self._observers.clear()
        self._scene = scene
        self._switching = True
        self._refill()
        self._switching = False
        if scene is not None:
            for event, handler in (
                (self._events.NodeAddedEvent, self._node_added),
                (self._events.NodeAboutToBeRemovedEvent, self._node_leaves),
                (self._events.EndImportEvent, self._scene_changed),
                (self._events.EndCloseEvent, self._scene_changed),
                (self._events.EndBatchProcessEvent, self._scene_changed),
            ):
                self._observers.add(scene, event, handler)
        self.setCurrentNodeID(before if had_nodes else self._requested or self._current_id())
        self._requested = None
        self.setEnabled(scene is not None)

    def _node_added(self, node: Any) -> None:
        if self._scene.IsImporting() or node is None:
            return
        self._watch(node)
        if self._shows(node):
            self._insert(node)

    def _node_leaves(self, node: Any) -> None:
        if self._scene.IsClosing() or node is None:
            return
        row = self._row_of(node.GetID())
        if row >= 0:
            self.nodeAboutToBeRemoved.emit(node)
            self._rows.removeRow(row)
            self._drop_if_gone()

    def _scene_changed(self, _: Any) -> None:
        if self._scene.IsImporting() or self._scene.IsBatchProcessing():
            return
        current = self._current_id()
        present = {node.GetID() for node in self._nodes()}
        shown = {self._rows.item(row).data(_NODE_ID) for row in range(self._rows.rowCount())}
        if present != shown - {None, ""}:
            self._refill()
            self.setCurrentNodeID(current)
            self._drop_if_gone()

    def _node_modified(self, node: Any) -> None:
        row = self._row_of(node.GetID() or "")
        if row < 0:
            if self._shows(node) and self._scene.IsNodePresent(node):
                self._insert(node)
        elif not self._shows(node):
            self._rows.removeRow(row)
            self._drop_if_gone()
        elif self._rows.item(row).text() != node.GetName():
            self._rows.item(row).setText(node.GetName() or "")

    def _watch(self, node: Any) -> None:
        self._observers.add(node, "ModifiedEvent", lambda _: self._node_modified(node))

    # Rows

    def _nodes(self) -> list[Any]:
        if self._scene is None:
            return []
        count = self._scene.GetNumberOfNodes()
        return [n for n in map(self._scene.GetNthNode, range(count)) if self._shows(n)]

    def _shows(self, node: Any) -> bool:
        if node.GetHideFromEditors() and not self.showHidden:
            return False
        if not self.nodeTypes:
            return True
        for kind in self.nodeTypes:
            if not node.IsA(kind) or (not self.showChildNodeTypes and kind != node.GetClassName()):
                continue
            if self.showChildNodeTypes and any(map(node.IsA, self.hideChildNodeTypes)):
                return False
            if kind in self._attributes:
                name, wanted = self._attributes[kind]
                value = node.GetAttribute(name)
                return value is not None and (wanted is None or str(wanted) == value)
            return True
        return False

    def _insert(self, node: Any) -> None:
        # Before the first shown node that comes later in the scene.
        ids = [n.GetID() for n in self._nodes()]
        row = int(self.noneEnabled) + ids.index(node.GetID())
        self._rows.insertRow(row, _row(node.GetName() or "", node.GetID()))
        self.nodeAdded.emit(node)

    def _refill(self) -> None:
        """All rows of nodes anew, between None and the actions."""
        self._observers.clear(keep=self._scene)
        for row in reversed(range(self._rows.rowCount())):
            if self._rows.item(row).data(_NODE_ID):
                self._rows.removeRow(row)
        for number, node in enumerate(self._nodes()):
            self._rows.insertRow(number + int(self.noneEnabled), _row(node.GetName(), node.GetID()))
        if self._scene is not None:
            for number in range(self._scene.GetNumberOfNodes()):
                self._watch(self._scene.GetNthNode(number))
        self._update_actions()

    def _row_of(self, node_id: str) -> int:
        for row in range(self._rows.rowCount()):
            if node_id and self._rows.item(row).data(_NODE_ID) == node_id:
                return row
        return -1

    def _update_actions(self) -> None:
        index = self._box.currentIndex
        for row in reversed(range(self._rows.rowCount())):
            if self._rows.item(row).data(_ACTION):
                self._rows.removeRow(row)
        if self._scene is not None:
            label = self.nodeTypeLabel(self.nodeTypes[0]) if len(self.nodeTypes) == 1 else "node"
            actions = []
            if self.renameEnabled:
                actions.append(f"Rename current {label}")
            if self.editEnabled:
                actions.append(f"Edit current {label}")
            if self.addEnabled:
                actions += [f"Create new {self.nodeTypeLabel(kind)}" for kind in self.nodeTypes]
            if self.removeEnabled:
                actions.append(f"Delete current {label}")
            for text in actions:
                item = QtGui.QStandardItem(text)
                item.setData(text, _ACTION)
                item.setFlags(QtCore.Qt.ItemIsEnabled)
                self._rows.appendRow(item)
        self._box.setCurrentIndex(index)
        kinds = self.nodeTypes
        self._box.setPlaceholderText(f"Select a {self.nodeTypeLabel(kinds[0] if kinds else '')}")

    # Current node

    def _current_id(self) -> str:
        item = self._rows.item(self._box.currentIndex)
        return (item.data(_NODE_ID) if item else None) or ""

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
        return sum(bool(self._rows.item(row).data(_NODE_ID)) for row in rows)

    def nodeFromIndex(self, index: int) -> Any:
        item = self._rows.item(index + int(self.noneEnabled))
        node_id = item.data(_NODE_ID) if item else None
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
        action = item.data(_ACTION)
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

    # Settings

    def addAttribute(self, kind: str, name: str, value: Any = None) -> None:
        self._attributes[kind] = (name, value)
        self._show_others()

    def removeAttribute(self, kind: str, name: str) -> None:
        self._attributes.pop(kind, None)
        self._show_others()

    def setNodeTypeLabel(self, label: str, kind: str) -> None:
        self._labels[kind] = label
        self._update_actions()

    def nodeTypeLabel(self, kind: str) -> str:
        if kind in self._labels:
            return self._labels[kind]
        name = self._scene.GetTypeDisplayNameByClassName(kind) if self._scene and kind else ""
        return name or "node"

    def _show_others(self) -> None:
        """The rows after another filter, with what was current if it is still there."""
        current = self._current_id()
        self._refill()
        if self._current_id() != current:
            self.setCurrentNodeID(current)

    def _set_nodeTypes(self, kinds: list[str]) -> None:
        self._values["nodeTypes"] = [kind for kind in kinds if kind]
        self._show_others()

    def _set_hideChildNodeTypes(self, kinds: list[str]) -> None:
        self._values["hideChildNodeTypes"] = kinds
        self._show_others()

    def _set_showHidden(self, show: bool) -> None:
        self._values["showHidden"] = show
        self._show_others()

    def _set_showChildNodeTypes(self, show: bool) -> None:
        self._values["showChildNodeTypes"] = show
        self._show_others()

    def _set_baseName(self, name: str) -> None:
        self._base_names = dict.fromkeys(self.nodeTypes, name)

    def _get_baseName(self) -> str:
        return next(iter(self._base_names.values()), "")

    def _set_noneEnabled(self, enabled: bool) -> None:
        if enabled == self.noneEnabled:
            return
        self._values["noneEnabled"] = enabled
        if enabled:
            self._rows.insertRow(0, _row(self.noneDisplay, ""))
        else:
            self._rows.removeRow(0)

    def _set_noneDisplay(self, text: str) -> None:
        self._values["noneDisplay"] = text
        if self.noneEnabled:
            self._rows.item(0).setText(text)

    def _set_addEnabled(self, enabled: bool) -> None:
        self._values["addEnabled"] = enabled
        self._update_actions()

    def _set_removeEnabled(self, enabled: bool) -> None:
        self._values["removeEnabled"] = enabled
        self._update_actions()

    def _set_editEnabled(self, enabled: bool) -> None:
        self._values["editEnabled"] = enabled
        self._update_actions()

    def _set_renameEnabled(self, enabled: bool) -> None:
        self._values["renameEnabled"] = enabled
        self._update_actions()


def _row(text: str, node_id: str) -> QtGui.QStandardItem:
    item = QtGui.QStandardItem(text)
    item.setData(node_id, _NODE_ID)
    return item
