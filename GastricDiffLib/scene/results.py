"""A result shown in a scene: heat, tables and plot of one CT in one folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from GastricDiffLib.results.case_result import CaseResult
from GastricDiffLib.scene.folder import put_in_folder
from GastricDiffLib.scene.heat import HEAT, show_heat
from GastricDiffLib.scene.kinds import find_node, sign
from GastricDiffLib.scene.mrml import (
    MRMLNode,
    MRMLScene,
    PlotChartNode,
    PlotSeriesNode,
    ROINode,
    TableNode,
    VolumeNode,
)
from GastricDiffLib.scene.overlay import DEFAULT_OPACITY, show_layers
from GastricDiffLib.scene.plot import CHART, LINES, SERIES, show_plot
from GastricDiffLib.scene.setup import ensure_basics
from GastricDiffLib.scene.tables import CASE, SLICES, show_case, show_slices


@dataclass(frozen=True, eq=False)
class ResultNodes:
    """The result nodes of one CT: a volume, two tables and a chart with three series.

    ``lines`` is the hidden table behind the chart's threshold and ROI lines.
    """

    heat: VolumeNode
    slices: TableNode
    case: TableNode
    chart: PlotChartNode
    series: tuple[PlotSeriesNode, ...]
    lines: TableNode

    def all(self) -> tuple[MRMLNode, ...]:
        return (self.heat, self.slices, self.case, self.chart, *self.series, self.lines)


def show_result(
    scene: MRMLScene,
    volume_node: VolumeNode,
    roi_node: ROINode | Sequence[ROINode],
    result: CaseResult,
    share: bool = False,
) -> ResultNodes:
    """Show a result beside its CT and lay the heat over it in all slice views.

    ``roi_node`` is the ROI node or a sequence of them. Earlier results of the same CT are
    replaced in place, so views that show them show the new ones; other CTs' results stay.
    ``share``: the heat is not copied into the scene, for a scene that is only saved.

    Raises
    ------
    InputError
        When the CT stands under a non-linear transform or the result lies nowhere on it; then the
        scene is unchanged.
    """
    roi_nodes = list(roi_node) if isinstance(roi_node, Sequence) else [roi_node]
    ensure_basics(scene)
    heat = show_heat(volume_node, result, share)
    slices = show_slices(volume_node, result)
    case = show_case(volume_node, result)
    chart, series = show_plot(volume_node, slices, result)
    nodes = find_results(volume_node)
    assert nodes is not None
    for node in nodes.all():
        sign(node, roi_nodes, result)
    put_in_folder(volume_node, (heat, slices, case, chart, *series))
    show_layers(scene, volume_node, heat, DEFAULT_OPACITY)
    return nodes


def find_results(volume_node: VolumeNode) -> ResultNodes | None:
    """The result nodes of a CT, or None when it has none or some were deleted."""
    found: dict[str, Any] = {
        kind: find_node(volume_node, kind, node_class)
        for kind, node_class in (
            (HEAT, "vtkMRMLScalarVolumeNode"),
            (SLICES, "vtkMRMLTableNode"),
            (CASE, "vtkMRMLTableNode"),
            (LINES, "vtkMRMLTableNode"),
            (CHART, "vtkMRMLPlotChartNode"),
            *((kind, "vtkMRMLPlotSeriesNode") for kind in SERIES),
        )
    }
    if any(node is None for node in found.values()):
        return None
    series = tuple(found[kind] for kind in SERIES)
    return ResultNodes(found[HEAT], found[SLICES], found[CASE], found[CHART], series, found[LINES])
