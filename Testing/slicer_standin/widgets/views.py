"""The layout manager and the view widgets, over the scene's real view nodes and slice logics."""

from __future__ import annotations

from typing import Any

from PySide6 import QtCore, QtWidgets

from slicer_standin.generated import Parts, standin
from slicer_standin.widgets.scene_widgets import qMRMLWidget


@standin
class qMRMLPlotView(Parts, QtWidgets.QWidget):
    """Knows its view node, and through it the chart; draws nothing."""

    _scene: Any = None
    _node: Any = None

    def setMRMLScene(self, scene: Any) -> None:
        self._scene = scene
        self.mrmlSceneChanged.emit(scene)

    def setMRMLPlotViewNode(self, node: Any) -> None:
        self._node = node

    def fitToContent(self) -> None:
        """Nothing is drawn."""

    def RemovePlotSelections(self) -> None:
        """Nothing is drawn."""


@standin
class qMRMLAbstractViewWidget(qMRMLWidget):
    _node: Any = None

    def setMRMLAbstractViewNode(self, node: Any) -> None:
        self._node = node

    def mrmlAbstractViewNode(self) -> Any:
        return self._node


@standin
class qMRMLPlotWidget(qMRMLAbstractViewWidget):
    def _set_up(self) -> None:
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._view = qMRMLPlotView()
        column.addWidget(self._view)

    def setMRMLPlotViewNode(self, node: Any) -> None:
        self._node = node
        self._view.setMRMLPlotViewNode(node)

    def setMRMLAbstractViewNode(self, node: Any) -> None:
        self.setMRMLPlotViewNode(node)

    def mrmlPlotViewNode(self) -> Any:
        return self._node

    def mrmlAbstractViewNode(self) -> Any:
        return self._node

    def plotView(self) -> qMRMLPlotView:
        return self._view

    def viewWidget(self) -> qMRMLPlotView:
        return self._view


@standin
class qMRMLSliceWidget(qMRMLAbstractViewWidget):
    _logic: Any = None

    def sliceLogic(self) -> Any:
        return self._logic

    def logic(self) -> Any:
        return self._logic

    def mrmlSliceNode(self) -> Any:
        return self._logic.GetSliceNode()

    def mrmlAbstractViewNode(self) -> Any:
        return self.mrmlSliceNode()

    def mrmlSliceCompositeNode(self) -> Any:
        return self._logic.GetSliceCompositeNode()

    def setMRMLSliceNode(self, node: Any) -> None:
        self._logic.SetSliceNode(node)

    def setMRMLScene(self, scene: Any) -> None:
        super().setMRMLScene(scene)

    def fitSliceToBackground(self) -> None:
        self._logic.FitSliceToAll()


@standin
class qMRMLTableWidget(qMRMLAbstractViewWidget):
    pass


@standin
class qMRMLLayoutManager(Parts, QtCore.QObject):
    """The layout node's view arrangement, and a widget for each view that it shows."""

    def _set_up(self) -> None:
        self._logics: Any = None
        self._widgets: dict[str, Any] = {}

    def _begin(self, logics: Any) -> None:
        self._logics = logics
        node = logics.layout.GetLayoutNode()
        self._tag = node.AddObserver("ModifiedEvent", lambda *_: self._modified())
        self._seen = node.GetViewArrangement()

    def _end(self) -> None:
        self._logics.layout.GetLayoutNode().RemoveObserver(self._tag)
        self._widgets.clear()
        self._logics = None

    def _modified(self) -> None:
        if self.layout != self._seen:
            self._seen = self.layout
            self.layoutChanged.emit(self.layout)

    def _shown(self, kind: str) -> list[Any]:
        nodes = self._logics.layout.GetViewNodes()
        found = [nodes.GetItemAsObject(n) for n in range(nodes.GetNumberOfItems())]
        return [node for node in found if node.IsA(kind)]

    def _widget_of(self, node: Any, cls: Any) -> Any:
        if node.GetID() not in self._widgets:
            widget = cls()
            if cls is qMRMLSliceWidget:
                widget._logic = self._logics.slices[node.GetLayoutName()]
            else:
                widget.setMRMLAbstractViewNode(node)
            widget.setMRMLScene(self._logics.scene)
            self._widgets[node.GetID()] = widget
        return self._widgets[node.GetID()]

    def mrmlScene(self) -> Any:
        return self._logics.scene

    def layoutLogic(self) -> Any:
        return self._logics.layout

    def mrmlSliceLogics(self) -> Any:
        return self._logics.application.GetSliceLogics()

    def _get_layout(self) -> int:
        return self._logics.layout.GetLayoutNode().GetViewArrangement()

    def _set_layout(self, layout: int) -> None:
        self._logics.layout.GetLayoutNode().SetViewArrangement(layout)

    def setLayout(self, layout: int) -> None:
        self._set_layout(layout)

    def _get_plotViewCount(self) -> int:
        return len(self._shown("vtkMRMLPlotViewNode"))

    def _get_tableViewCount(self) -> int:
        return len(self._shown("vtkMRMLTableViewNode"))

    def _get_threeDViewCount(self) -> int:
        return len(self._shown("vtkMRMLViewNode"))

    def plotWidget(self, index: int) -> Any:
        shown = self._shown("vtkMRMLPlotViewNode")
        return self._widget_of(shown[index], qMRMLPlotWidget) if index < len(shown) else None

    def tableWidget(self, index: int) -> Any:
        shown = self._shown("vtkMRMLTableViewNode")
        return self._widget_of(shown[index], qMRMLTableWidget) if index < len(shown) else None

    def sliceViewNames(self) -> list[str]:
        return [node.GetLayoutName() for node in self._shown("vtkMRMLSliceNode")]

    def sliceWidget(self, name: str) -> Any:
        shown = [n for n in self._shown("vtkMRMLSliceNode") if n.GetLayoutName() == name]
        return self._widget_of(shown[0], qMRMLSliceWidget) if shown else None

    def resetSliceViews(self) -> None:
        for logic in self._logics.slices.values():
            logic.FitSliceToAll()

    def resetThreeDViews(self) -> None:
        """Nothing is rendered."""

    def pauseRender(self) -> None:
        """Nothing is rendered."""

    def resumeRender(self) -> None:
        """Nothing is rendered."""


@standin
class qSlicerLayoutManager(qMRMLLayoutManager):
    pass
