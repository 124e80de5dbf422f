"""CTK's buttons and boxes that open and close."""

from __future__ import annotations

from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets

from slicer_standin.generated import Parts, standin


class Collapsing(Parts):
    """Contents that are hidden while it is not checked; what is hidden by itself stays so."""

    def _set_up(self: Any) -> None:
        self._forcing = False
        self._values["collapsedHeight"] = 14
        self.checkable = True
        self.checked = True
        self.toggled.connect(self._show_contents)

    def _get_collapsed(self: Any) -> bool:
        return not self.checked

    def _set_collapsed(self: Any, collapsed: bool) -> None:
        self.checked = not collapsed

    def _show_contents(self: Any, opened: bool) -> None:
        for child in self.children():
            if isinstance(child, QtWidgets.QWidget):
                self._show_child(child, opened)
        self.setMaximumHeight(_NO_LIMIT if opened else self._closed_height())
        self.updateGeometry()

    def _show_child(self: Any, child: Any, opened: bool) -> None:
        wanted = child.property("visibilityToParent")
        if wanted is None and child.testAttribute(QtCore.Qt.WA_WState_ExplicitShowHide):
            wanted = not child.isHidden()
        self._forcing = True
        child.setVisible(opened and wanted is not False)
        if wanted is not False:
            child.setAttribute(QtCore.Qt.WA_WState_ExplicitShowHide, False)
        self._forcing = False

    def childEvent(self: Any, event: QtCore.QChildEvent) -> None:
        # Not when it is added: then it is no whole widget yet.
        if event.polished() and isinstance(event.child(), QtWidgets.QWidget):
            event.child().installEventFilter(self)
            if not self.checked:
                self._show_child(event.child(), False)

    def eventFilter(self: Any, child: Any, event: QtCore.QEvent) -> bool:
        kind = event.type()
        if kind in _TO_PARENT and not self._forcing:
            child.setProperty("visibilityToParent", kind == QtCore.QEvent.ShowToParent)
            if kind == QtCore.QEvent.ShowToParent and not self.checked:
                self._show_child(child, False)
        return False


_NO_LIMIT = 16777215
_TO_PARENT = (QtCore.QEvent.ShowToParent, QtCore.QEvent.HideToParent)


@standin
class ctkCollapsibleButton(Collapsing, QtWidgets.QAbstractButton):
    """A heading; its contents are hidden while it is collapsed."""

    def _set_up(self) -> None:
        self.setSizePolicy(QtWidgets.QSizePolicy.Minimum, QtWidgets.QSizePolicy.Preferred)
        self.setContentsMargins(0, self._heading().height(), 0, 0)
        self.setBackgroundRole(QtGui.QPalette.Window)

    def _heading(self) -> QtCore.QRect:
        return QtCore.QRect(0, 0, self.width, self.fontMetrics().height() + 10)

    def _heading_width(self) -> int:
        return self.fontMetrics().horizontalAdvance(self.text) + 40

    def _closed_height(self) -> int:
        return self._heading().height() + self.collapsedHeight

    def _show_contents(self, opened: bool) -> None:
        super()._show_contents(opened)
        self.contentsCollapsed.emit(not opened)

    def sizeHint(self) -> QtCore.QSize:
        least = QtCore.QSize(self._heading_width(), self._closed_height())
        opened = self.layout() is not None and self.checked
        return self.layout().totalSizeHint().expandedTo(least) if opened else least

    def minimumSizeHint(self) -> QtCore.QSize:
        opened = self.layout() is not None and self.checked
        least = QtCore.QSize(self._heading_width(), self._heading().height())
        if not opened:
            return QtCore.QSize(least.width(), self._closed_height())
        return self.layout().totalMinimumSize().expandedTo(least)

    def hitButton(self, position: QtCore.QPoint) -> bool:
        return self._heading().contains(position)

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
class ctkCollapsibleGroupBox(Collapsing, QtWidgets.QGroupBox):
    """A group box that is open while it is checked."""

    def _closed_height(self) -> int:
        return self.fontMetrics().height() + self.collapsedHeight


@standin
class qMRMLCollapsibleButton(ctkCollapsibleButton):
    _scene: Any = None

    def setMRMLScene(self, scene: Any) -> None:
        self._scene = scene
        self.mrmlSceneChanged.emit(scene)
