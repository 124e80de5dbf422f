"""CTK's buttons and boxes that open and close."""

from __future__ import annotations

from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets

from slicer_standin.generated import Parts, standin


@standin
class ctkCollapsibleButton(Parts, QtWidgets.QAbstractButton):
    """A heading; its contents are hidden while it is collapsed."""

    def _set_up(self) -> None:
        self.checkable = True
        self.checked = True
        self.setSizePolicy(QtWidgets.QSizePolicy.Preferred, QtWidgets.QSizePolicy.Maximum)
        height = self._heading().height()
        self.setContentsMargins(0, height, 0, 0)
        self.toggled.connect(self._show_contents)

    def _heading(self) -> QtCore.QRect:
        height = self.fontMetrics().height() + 10
        return QtCore.QRect(0, 0, self.width, height)

    def _get_collapsed(self) -> bool:
        return not self.checked

    def _set_collapsed(self, collapsed: bool) -> None:
        self.checked = not collapsed

    def _show_contents(self, opened: bool) -> None:
        for child in self.children():
            if isinstance(child, QtWidgets.QWidget):
                child.setVisible(opened)
        self.setMaximumHeight(16777215 if opened else self._heading().height() + 2)
        self.contentsCollapsed.emit(not opened)

    def sizeHint(self) -> QtCore.QSize:
        layout = self.layout()
        hint = layout.sizeHint() if layout and self.checked else QtCore.QSize()
        text = self.fontMetrics().horizontalAdvance(self.text) + 30
        return QtCore.QSize(max(hint.width(), text), max(hint.height(), self._heading().height()))

    def minimumSizeHint(self) -> QtCore.QSize:
        layout = self.layout()
        hint = layout.minimumSize() if layout and self.checked else QtCore.QSize()
        return QtCore.QSize(hint.width(), max(hint.height(), self._heading().height()))

    def hitButton(self, position: QtCore.QPoint) -> bool:
        return self._heading().contains(position)

    def childEvent(self, event: QtCore.QChildEvent) -> None:
        # Contents added to a closed button stay out of sight.
        child = event.child()
        if event.added() and isinstance(child, QtWidgets.QWidget) and not self.checked:
            child.setVisible(False)

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter = QtWidgets.QStylePainter(self)
        option = QtWidgets.QStyleOptionButton()
        option.initFrom(self)
        option.rect = self._heading()
        painter.drawControl(QtWidgets.QStyle.CE_PushButtonBevel, option)
        arrow = QtWidgets.QStyleOption()
        arrow.initFrom(self)
        arrow.rect = QtCore.QRect(6, (option.rect.height() - 12) // 2, 12, 12)
        pointing = (
            QtWidgets.QStyle.PE_IndicatorArrowDown
            if self.checked
            else QtWidgets.QStyle.PE_IndicatorArrowRight
        )
        painter.drawPrimitive(pointing, arrow)
        painter.drawItemText(
            option.rect.adjusted(24, 0, -4, 0),
            int(QtCore.Qt.AlignLeft | QtCore.Qt.AlignVCenter),
            self.palette,
            self.enabled,
            self.text,
            QtGui.QPalette.ButtonText,
        )


@standin
class ctkCollapsibleGroupBox(Parts, QtWidgets.QGroupBox):
    """A group box that is open while it is checked."""

    def _set_up(self) -> None:
        self.checkable = True
        self.checked = True
        self.toggled.connect(self._show_contents)

    def _get_collapsed(self) -> bool:
        return not self.checked

    def _set_collapsed(self, collapsed: bool) -> None:
        self.checked = not collapsed

    def _show_contents(self, opened: bool) -> None:
        for child in self.children():
            if isinstance(child, QtWidgets.QWidget):
                child.setVisible(opened)
        closed = self.fontMetrics().height() + 8
        self.setMaximumHeight(16777215 if opened else closed)

    def childEvent(self, event: QtCore.QChildEvent) -> None:
        child = event.child()
        if event.added() and isinstance(child, QtWidgets.QWidget) and not self.checked:
            child.setVisible(False)


@standin
class qMRMLCollapsibleButton(ctkCollapsibleButton):
    _scene: Any = None

    def setMRMLScene(self, scene: Any) -> None:
        self._scene = scene
        self.mrmlSceneChanged.emit(scene)
