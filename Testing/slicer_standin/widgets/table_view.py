"""Slicer's table view: a real QTableView on the rows of a vtkMRMLTableNode."""

from __future__ import annotations

from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets
from vtkmodules.vtkCommonCore import vtkVariant

from slicer_standin.generated import standin
from slicer_standin.observing import Observers
from slicer_standin.widgets.scene_widgets import WithScene


@standin
class qMRMLTableView(WithScene, QtWidgets.QTableView):
    """Rows can be clicked and selected; the cells follow the table node."""

    def _set_up(self) -> None:
        self._node: Any = None
        self._view_node: Any = None
        self._observers = Observers(self)
        self._cells = QtGui.QStandardItemModel(self)
        self._proxy = QtCore.QSortFilterProxyModel(self)
        self._proxy.setSourceModel(self._cells)
        self._cells.itemChanged.connect(self._edited)
        self._filling = False
        self.setModel(self._proxy)
        self.selectionModel().connect(
            "selectionChanged(QItemSelection,QItemSelection)", lambda: self.selectionChanged.emit()
        )
        self.setSizePolicy(QtWidgets.QSizePolicy.Expanding, QtWidgets.QSizePolicy.Expanding)

    def mrmlScene(self) -> Any:
        return self._scene

    def mrmlTableNode(self) -> Any:
        return self._node

    def mrmlTableViewNode(self) -> Any:
        return self._view_node

    def setMRMLTableViewNode(self, node: Any) -> None:
        self._view_node = node

    def tableModel(self) -> QtGui.QStandardItemModel:
        return self._cells

    def sortFilterProxyModel(self) -> QtCore.QSortFilterProxyModel:
        return self._proxy

    def setMRMLTableNode(self, node: Any) -> None:
        if node is not None and not node.IsA("vtkMRMLTableNode"):
            raise ValueError(f"setMRMLTableNode takes a vtkMRMLTableNode, not {node!r}")
        self._observers.clear()
        self._node = node
        if node is not None:
            self._observers.add(node, "ModifiedEvent", lambda _: self._fill())
        self._fill()
        self.horizontalHeader().setMinimumSectionSize(60)
        self.resizeColumnsToContents()
        self.selectionChanged.emit()

    def _fill(self) -> None:
        self._filling = True
        table = self._node.GetTable() if self._node is not None else None
        columns = table.GetNumberOfColumns() if table is not None else 0
        rows = table.GetNumberOfRows() if columns else 0
        titled = bool(self._node and self._node.GetUseColumnTitleAsColumnHeader())
        first = int(bool(self._node and self._node.GetUseFirstColumnAsRowHeader()))
        names = [table.GetColumnName(number) for number in range(columns)]
        self._cells.clear()
        for row in range(rows):
            texts = [table.GetValue(row, column).ToString() for column in range(columns)]
            self._cells.appendRow([_cell(text, self._node) for text in texts[first:]])
            self._cells.setVerticalHeaderItem(
                row, QtGui.QStandardItem(texts[0] if first else str(row + 1))
            )
        if not titled and columns:
            self._cells.insertRow(0, [QtGui.QStandardItem(name) for name in names[first:]])
        else:
            self._cells.setHorizontalHeaderLabels(names[first:])
        self._filling = False

    def _edited(self, item: QtGui.QStandardItem) -> None:
        """The user changed a cell: so does the node."""
        if self._filling:
            return
        row = item.row() - int(not self._node.GetUseColumnTitleAsColumnHeader())
        column = item.column() + int(self._node.GetUseFirstColumnAsRowHeader())
        if row >= 0:
            self._node.GetTable().SetValue(row, column, vtkVariant(item.text()))
            self._node.Modified()


def _cell(text: str, node: Any) -> QtGui.QStandardItem:
    item = QtGui.QStandardItem(text)
    item.setEditable(not node.GetLocked())
    return item
