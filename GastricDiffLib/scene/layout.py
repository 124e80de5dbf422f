"""Which views a saved scene opens with, and where they look."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import slicer
from numpy.typing import NDArray

from GastricDiffLib.ct import BoxROI
from GastricDiffLib.scene.mrml import MRMLScene, SliceNode, VolumeNode
from GastricDiffLib.scene.results import ResultNodes

_VIEW_PIXELS = 512
_ALONG = {"Red": 2, "Yellow": 0, "Green": 1}
"""The RAS axis that each of Slicer's three standard slice views steps along."""


def add_views(scene: MRMLScene) -> None:
    """Slicer's four-up layout with plot and table: three slice views, 3D, plot, table."""
    logic = slicer.vtkMRMLLayoutLogic()
    logic.SetMRMLScene(scene)
    logic.GetLayoutNode().SetViewArrangement(
        slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpPlotTableView
    )
    for name in _ALONG:
        composite = scene.CreateNodeByClass("vtkMRMLSliceCompositeNode")
        composite.UnRegister(None)
        composite.SetLayoutName(name)
        composite.SetSingletonTag(name)
        scene.AddNode(composite)


def aim_views(
    scene: MRMLScene, volume_node: VolumeNode, nodes: ResultNodes, boxes: Sequence[BoxROI]
) -> None:
    """Turn all views to the CT, its chart and its slice table, the slices to the boxes' middle."""
    center_lps = np.mean([box.center_lps for box in boxes], axis=0)
    center_ras = center_lps * (-1, -1, 1)
    bounds = np.zeros(6)
    volume_node.GetRASBounds(bounds)
    for name, axis in _ALONG.items():
        view = scene.GetSingletonNode(name, "vtkMRMLSliceNode")
        _fit(view, bounds.reshape(3, 2), axis)
        # Not by its offset: that of a sagittal view grows to the left.
        view.JumpSliceByOffsetting(*center_ras.tolist())
    scene.GetSingletonNode("PlotView1", "vtkMRMLPlotViewNode").SetPlotChartNodeID(
        nodes.chart.GetID()
    )
    scene.GetSingletonNode("TableView1", "vtkMRMLTableViewNode").SetTableNodeID(
        nodes.slices.GetID()
    )
    selection = scene.GetSingletonNode("Singleton", "vtkMRMLSelectionNode")
    if selection is None:
        selection = scene.AddNewNodeByClass("vtkMRMLSelectionNode")
        selection.SetSingletonTag("Singleton")
    selection.SetActiveVolumeID(volume_node.GetID())
    selection.SetSecondaryVolumeID(nodes.heat.GetID())
    selection.SetActiveTableID(nodes.slices.GetID())
    selection.SetActivePlotChartID(nodes.chart.GetID())


def jump_slices(scene: MRMLScene, ras_mm: Sequence[float], centered: bool = False) -> None:
    """Turn all slice views of a scene to a point, RAS in mm; ``centered``: it comes to the middle.

    Their zoom stays.
    """
    node_class = slicer.vtkMRMLSliceNode
    mode = node_class.CenteredJumpSlice if centered else node_class.OffsetJumpSlice
    node_class.JumpAllSlices(scene, *(float(value) for value in ras_mm), mode)


def _fit(view: SliceNode, bounds_ras: NDArray[np.float64], axis: int) -> None:
    """Centre a slice view on the volume and zoom so that all of it is seen."""
    extent = np.delete(np.ptp(bounds_ras, axis=1), axis)
    center = bounds_ras.mean(axis=1)
    matrix = view.GetSliceToRAS()
    for row in range(3):
        matrix.SetElement(row, 3, float(center[row]))
    view.UpdateMatrices()
    field = float(extent.max())
    view.SetDimensions(_VIEW_PIXELS, _VIEW_PIXELS, 1)
    view.SetFieldOfView(field, field, 1.0)
