"""Slices alone, or with plot and table beside them, and back."""

from __future__ import annotations

from collections.abc import Callable

import slicer

from GastricDiffLib.scene.kinds import nodes_by_class
from GastricDiffLib.scene.mrml import LayoutNode, MRMLScene, PlotChartNode, TableNode


class Layout:
    """The arrangement of Slicer's views, through the scene's layout node."""

    def __init__(self, scene: MRMLScene, arranged: Callable[[], None]) -> None:
        """``arranged`` is called after the views were arranged anew."""
        self._scene, self._arranged = scene, arranged
        self._former: int | None = None

    def show_result(self, chart: PlotChartNode, table: TableNode) -> None:
        """Slices with plot and table."""
        self._arrange(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpPlotTableView)
        self._put(chart)
        for view in nodes_by_class(self._scene, "vtkMRMLTableViewNode"):
            view.SetTableNodeID(table.GetID())

    def show_curves(self, chart: PlotChartNode) -> None:
        """Slices with a plot."""
        self._arrange(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpPlotView)
        self._put(chart)

    def back(self) -> None:
        """The arrangement that the user had before."""
        node = self._node()
        if node is not None and self._former is not None:
            node.SetViewArrangement(self._former)
        self._former = None

    @property
    def ours(self) -> bool:
        """Whether the arrangement is ours, not the user's."""
        return self._former is not None

    def forget(self) -> None:
        """The scene was closed: what was shown before is nothing to go back to."""
        self._former = None

    def _arrange(self, arrangement: int) -> None:
        node = self._node()
        if node is None:
            return
        if self._former is None:
            self._former = int(node.GetViewArrangement())
        node.SetViewArrangement(arrangement)
        self._arranged()

    def _put(self, chart: PlotChartNode) -> None:
        for view in nodes_by_class(self._scene, "vtkMRMLPlotViewNode"):
            view.SetPlotChartNodeID(chart.GetID())

    def _node(self) -> LayoutNode | None:
        return next(iter(nodes_by_class(self._scene, "vtkMRMLLayoutNode")), None)
