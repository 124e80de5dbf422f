"""The probability along the patient's axis as a plot chart."""

from __future__ import annotations

import numpy as np
import slicer
from numpy.typing import NDArray

from GastricDiffLib.results.case_result import CaseResult
from GastricDiffLib.results.tables import roi_runs, slice_distance_mm
from GastricDiffLib.scene.kinds import result_node
from GastricDiffLib.scene.mrml import PlotChartNode, PlotSeriesNode, TableNode, VolumeNode
from GastricDiffLib.scene.tables import fill_table

CHART = "chart"
LINES = "lines"
SERIES = ("probability", "threshold", "roi")


def show_plot(
    volume_node: VolumeNode, slices_node: TableNode, result: CaseResult
) -> tuple[PlotChartNode, list[PlotSeriesNode]]:
    """The chart node ``<CT> probability`` and its three series: p, threshold, ROI extent.

    p is read from the slice table; the two lines have a hidden table of their own.
    """
    name = volume_node.GetName()
    positive = result.classes[1]
    lines_node: TableNode = result_node(
        volume_node, LINES, "vtkMRMLTableNode", f"{name} plot lines"
    )
    lines_node.SetHideFromEditors(True)
    fill_table(lines_node, _lines(result))
    series = [
        _series(volume_node, kind, f"{name} {label}", table, x, y, colour)
        for kind, label, table, x, y, colour in (
            (
                SERIES[0],
                f"p({positive})",
                slices_node,
                "position_mm",
                f"p_{positive}",
                _BLUE,
            ),
            (SERIES[1], "threshold", lines_node, "threshold_mm", "threshold", _RED),
            (SERIES[2], "ROI extent", lines_node, "roi_mm", "roi", _GREY),
        )
    ]
    series[0].SetMarkerStyle(slicer.vtkMRMLPlotSeriesNode.MarkerStyleCircle)
    series[1].SetLineStyle(slicer.vtkMRMLPlotSeriesNode.LineStyleDash)
    chart: PlotChartNode = result_node(
        volume_node, CHART, "vtkMRMLPlotChartNode", f"{name} probability"
    )
    chart.RemoveAllPlotSeriesNodeIDs()
    for node in series:
        chart.AddAndObservePlotSeriesNodeID(node.GetID())
    chart.SetTitle(f"{name}: {result.vote}, mean p = {result.p_mean:.2f} (research use only)")
    chart.SetXAxisTitle("slice position S (mm)")
    chart.SetYAxisTitle(f"probability of {positive}")
    chart.SetYAxisRangeAuto(False)
    chart.SetYAxisRange(0.0, 1.0)
    chart.SetTitleFontSize(14)
    return chart, series


_BLUE = (0.12, 0.47, 0.71)
_RED = (0.84, 0.15, 0.16)
_GREY = (0.55, 0.55, 0.55)


def _series(
    volume_node: VolumeNode,
    kind: str,
    name: str,
    table: TableNode,
    x: str,
    y: str,
    colour: tuple[float, float, float],
) -> PlotSeriesNode:
    node: PlotSeriesNode = result_node(volume_node, kind, "vtkMRMLPlotSeriesNode", name)
    node.SetAndObserveTableNodeID(table.GetID())
    node.SetPlotType(slicer.vtkMRMLPlotSeriesNode.PlotTypeScatter)
    node.SetXColumnName(x)
    node.SetYColumnName(y)
    node.SetMarkerStyle(slicer.vtkMRMLPlotSeriesNode.MarkerStyleNone)
    node.SetLineStyle(slicer.vtkMRMLPlotSeriesNode.LineStyleSolid)
    node.SetColor(*colour)
    return node


def _lines(result: CaseResult) -> dict[str, NDArray[np.float64]]:
    """The threshold and the ROI's extent as polylines of equally many points.

    The ROI is a step from 0 to 1 and back for each run of slices that it cuts.
    """
    half = slice_distance_mm(result) / 2
    low, high = np.min(result.position_mm) - half, np.max(result.position_mm) + half
    corners: list[tuple[float, float]] = [(low, 0.0)]
    for start, end in roi_runs(result):
        corners += [(start, 0.0), (start, 1.0), (end, 1.0), (end, 0.0)]
    corners.append((high, 0.0))
    x, y = np.array(corners).T
    return {
        "threshold_mm": np.linspace(low, high, len(x)),
        "threshold": np.full(len(x), float(result.threshold)),
        "roi_mm": x,
        "roi": y,
    }
