"""The rows behind a node selector, and which nodes it shows."""

from __future__ import annotations

from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets

NODE_ID = int(QtCore.Qt.UserRole) + 1
ACTION = int(QtCore.Qt.UserRole) + 2


class HintedBox(QtWidgets.QComboBox):
    """Shows a hint while nothing is current. Qt's own placeholder would change what is selected."""

    hint = ""

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        option = QtWidgets.QStyleOptionComboBox()
        self.initStyleOption(option)
        if self.currentIndex == -1:
            option.currentText = self.hint
        painter = QtWidgets.QStylePainter(self)
        painter.drawComplexControl(QtWidgets.QStyle.CC_ComboBox, option)
        painter.drawControl(QtWidgets.QStyle.CE_ComboBoxLabel, option)


def make_row(text: str, node_id: str) -> QtGui.QStandardItem:
    """The row of a node, or of None."""
    item = QtGui.QStandardItem(text)
    item.setData(node_id, NODE_ID)
    return item


def is_shown(node: Any, selector: Any) -> bool:
    """Whether a selector's types and attributes let a node through."""
    if node.GetHideFromEditors() and not selector.showHidden:
        return False
    if not selector.nodeTypes:
        return True
    with_children = selector.showChildNodeTypes
    for kind in selector.nodeTypes:
        if not node.IsA(kind) or (not with_children and kind != node.GetClassName()):
            continue
        if with_children and any(map(node.IsA, selector.hideChildNodeTypes)):
            return False
        if kind in selector._attributes:
            name, wanted = selector._attributes[kind]
            value = node.GetAttribute(name)
            return value is not None and (wanted is None or str(wanted) == value)
        return True
    return False


def action_texts(selector: Any) -> list[str]:
    """The rows below the nodes: rename, edit, create, delete."""
    kinds = selector.nodeTypes
    label = selector.nodeTypeLabel(kinds[0]) if len(kinds) == 1 else "node"
    texts = []
    if selector.renameEnabled:
        texts.append(f"Rename current {label}")
    if selector.editEnabled:
        texts.append(f"Edit current {label}")
    if selector.addEnabled:
        texts += [f"Create new {selector.nodeTypeLabel(kind)}" for kind in kinds]
    if selector.removeEnabled:
        texts.append(f"Delete current {label}")
    return texts
