"""Loss and AUC by epoch as a chart in the scene."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import slicer

from GastricDiffLib.i18n import _
from GastricDiffLib.scene.kinds import nodes_by_class
from GastricDiffLib.scene.mrml import MRMLScene, PlotChartNode, PlotSeriesNode, TableNode
from GastricDiffLib.scene.tables import fill_table

KIND = "GastricDiff.Training"
CURVES = {
    "loss": (0.12, 0.47, 0.71),
    "val_loss": (0.84, 0.15, 0.16),
    "val_image_auc": (0.17, 0.63, 0.17),
    "val_case_auc": (0.58, 0.40, 0.74),
}
"""Columns of ``history.csv`` that are drawn, with their colours."""


def show_curves(scene: MRMLScene, history: Sequence[dict[str, float]]) -> PlotChartNode:
    """Draw a run's history; the chart node. The nodes are made once and then grow."""
    table: TableNode = _node(scene, "table", "vtkMRMLTableNode", "GastricDiff training")
    columns = {"epoch": np.array([row["epoch"] + 1 for row in history])}
    columns |= {name: np.array([row.get(name, np.nan) for row in history]) for name in CURVES}
    fill_table(table, columns)
    chart: PlotChartNode = _node(scene, "chart", "vtkMRMLPlotChartNode", "GastricDiff training")
    titles = {
        "loss": _("loss"),
        "val_loss": _("validation loss"),
        "val_image_auc": _("validation AUC, slices"),
        "val_case_auc": _("validation AUC, cases"),
    }
    for name, colour in CURVES.items():
        series: PlotSeriesNode = _node(scene, name, "vtkMRMLPlotSeriesNode", titles[name])
        if series.GetTableNodeID() != table.GetID():
            _draw(series, table, name, colour)
            chart.AddAndObservePlotSeriesNodeID(series.GetID())
        # A line of one point is an error of VTK's at every redraw.
        style = slicer.vtkMRMLPlotSeriesNode
        series.SetLineStyle(style.LineStyleSolid if len(history) > 1 else style.LineStyleNone)
    # A view keeps the axes that it fitted to the first epoch, and later points lie outside.
    values = np.concatenate([columns[name] for name in CURVES])
    chart.SetXAxisRangeAuto(False)
    chart.SetXAxisRange(0.5, len(history) + 0.5)
    chart.SetYAxisRangeAuto(False)
    chart.SetYAxisRange(0.0, max(1.0, 1.05 * float(np.nanmax(values, initial=0.0))))
    chart.SetTitle(_("Training, epoch {n}").format(n=len(history)))
    chart.SetXAxisTitle(_("epoch"))
    chart.SetYAxisTitle(_("loss, AUC"))
    return chart


def find_curves(scene: MRMLScene) -> PlotChartNode | None:
    """The chart node, where a training was drawn."""
    return _find(scene, "chart", "vtkMRMLPlotChartNode")


def _draw(
    series: PlotSeriesNode, table: TableNode, name: str, colour: tuple[float, float, float]
) -> None:
    series.SetAndObserveTableNodeID(table.GetID())
    series.SetPlotType(slicer.vtkMRMLPlotSeriesNode.PlotTypeScatter)
    series.SetXColumnName("epoch")
    series.SetYColumnName(name)
    series.SetMarkerStyle(slicer.vtkMRMLPlotSeriesNode.MarkerStyleCircle)
    series.SetColor(*colour)


def _node(scene: MRMLScene, kind: str, node_class: str, name: str) -> Any:
    node = _find(scene, kind, node_class)
    if node is None:
        node = scene.AddNewNodeByClass(node_class, name)
        node.SetAttribute(KIND, kind)
    return node


def _find(scene: MRMLScene, kind: str, node_class: str) -> Any | None:
    for node in nodes_by_class(scene, node_class):
        if node.GetAttribute(KIND) == kind:
            return node
    return None
