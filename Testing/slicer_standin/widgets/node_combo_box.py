"""Slicer's node selector over a real MRML scene.

As in Slicer a combo box with a model of rows (None, the nodes, the actions) is behind it, so that
Qt's own rules decide what becomes current when rows come and go, and the signal follows the text
shown: two nodes of one name cannot be distinguished.
"""

from __future__ import annotations

from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets

from slicer_standin.generated import standin
from slicer_standin.observing import Observers
from slicer_standin.widgets.current_node import CurrentNode
from slicer_standin.widgets.node_rows import (
    ACTION,
    NODE_ID,
    HintedBox,
    action_texts,
    is_shown,
    make_row,
)


def _keeps(name: str, then: str) -> Any:
    """The setter of a property that changes which rows there are."""

    def write(self: Any, value: Any) -> None:
        self._values[name] = value
        getattr(self, then)()

    return write


@standin
class qMRMLNodeComboBox(CurrentNode, QtWidgets.QWidget):
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
        self._box = HintedBox()
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
            ):
                self._observers.add(scene, event, handler)
        self.setCurrentNodeID(before if had_nodes else self._requested or self._current_id())
        self._requested = None
        self.setEnabled(scene is not None)

    def _node_added(self, node: Any) -> None:
        if self._scene.IsImporting() or node is None:
            return
        self._watch(node)
        if is_shown(node, self):
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
        # As in Slicer: all rows go and come again, so that nothing is current afterwards.
        self._refill()

    def _node_modified(self, node: Any) -> None:
        row = self._row_of(node.GetID() or "")
        if row < 0:
            if is_shown(node, self) and self._scene.IsNodePresent(node):
                self._insert(node)
        elif not is_shown(node, self):
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
        return [n for n in map(self._scene.GetNthNode, range(count)) if is_shown(n, self)]

    def _insert(self, node: Any) -> None:
        # Before the first shown node that comes later in the scene.
        ids = [n.GetID() for n in self._nodes()]
        row = int(self.noneEnabled) + ids.index(node.GetID())
        self._rows.insertRow(row, make_row(node.GetName() or "", node.GetID()))
        self.nodeAdded.emit(node)

    def _refill(self) -> None:
        """All rows of nodes anew, between None and the actions."""
        self._observers.clear(keep=self._scene)
        self._rows.removeRows(int(self.noneEnabled), self.nodeCount())
        if not self._switching:
            self._drop_if_gone()
        for number, node in enumerate(self._nodes()):
            self._rows.insertRow(
                number + int(self.noneEnabled), make_row(node.GetName(), node.GetID())
            )
        if self._scene is not None:
            for number in range(self._scene.GetNumberOfNodes()):
                self._watch(self._scene.GetNthNode(number))
        self._update_actions()

    def _row_of(self, node_id: str) -> int:
        for row in range(self._rows.rowCount()):
            if node_id and self._rows.item(row).data(NODE_ID) == node_id:
                return row
        return -1

    def _update_actions(self) -> None:
        index = self._box.currentIndex
        for row in reversed(range(self._rows.rowCount())):
            if self._rows.item(row).data(ACTION):
                self._rows.removeRow(row)
        if self._scene is not None:
            for text in action_texts(self):
                item = QtGui.QStandardItem(text)
                item.setData(text, ACTION)
                item.setFlags(QtCore.Qt.ItemIsEnabled)
                self._rows.appendRow(item)
        self._box.setCurrentIndex(index)
        kinds = self.nodeTypes
        self._box.hint = f"Select a {self.nodeTypeLabel(kinds[0] if kinds else '')}"
        self._box.update()

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
        """The rows after another filter: only those go and come that it changes."""
        wanted = {node.GetID() for node in self._nodes()}
        for row in reversed(range(self._rows.rowCount())):
            node_id = self._rows.item(row).data(NODE_ID)
            if node_id and node_id not in wanted:
                self._rows.removeRow(row)
                self._drop_if_gone()
        for node in self._nodes():
            if self._row_of(node.GetID()) < 0:
                self._insert(node)
        self._update_actions()

    def _set_nodeTypes(self, kinds: list[str]) -> None:
        self._values["nodeTypes"] = [kind for kind in kinds if kind]
        self._show_others()

    _set_hideChildNodeTypes = _keeps("hideChildNodeTypes", "_show_others")
    _set_showChildNodeTypes = _keeps("showChildNodeTypes", "_show_others")
    _set_showHidden = _keeps("showHidden", "_show_others")
    _set_addEnabled = _keeps("addEnabled", "_update_actions")
    _set_removeEnabled = _keeps("removeEnabled", "_update_actions")
    _set_editEnabled = _keeps("editEnabled", "_update_actions")
    _set_renameEnabled = _keeps("renameEnabled", "_update_actions")

    def _set_baseName(self, name: str) -> None:
        self._base_names = dict.fromkeys(self.nodeTypes, name)

    def _get_baseName(self) -> str:
        return next(iter(self._base_names.values()), "")

    def _set_noneEnabled(self, enabled: bool) -> None:
        if enabled == self.noneEnabled:
            return
        self._values["noneEnabled"] = enabled
        if enabled:
            self._rows.insertRow(0, make_row(self.noneDisplay, ""))
        else:
            self._rows.removeRow(0)

    def _set_noneDisplay(self, text: str) -> None:
        self._values["noneDisplay"] = text
        if self.noneEnabled:
            self._rows.item(0).setText(text)
