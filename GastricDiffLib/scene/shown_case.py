"""One case in the views: of two CTs with results no view shows a part of the other one."""

from __future__ import annotations

from GastricDiffLib.scene.heat import HEAT
from GastricDiffLib.scene.kinds import CT_ROLE, KIND, nodes_by_class
from GastricDiffLib.scene.mrml import MRMLNode, MRMLScene, VolumeNode
from GastricDiffLib.scene.overlay import DEFAULT_OPACITY
from GastricDiffLib.scene.results import find_results


def show_case_in_views(scene: MRMLScene, volume_node: VolumeNode) -> bool:
    """Turn all views to a CT: slices with its own heat or none, plots and tables of its result.

    A foreground that is not ours stays where the view showed this CT already. Plots and tables of
    other CTs' results make room for this one's, or for nothing; the user's own ones stay.

    Returns
    -------
    bool
        Whether a slice view showed something else before, and is to be centred anew.
    """
    nodes, turned = find_results(volume_node), False
    for view in nodes_by_class(scene, "vtkMRMLSliceCompositeNode"):
        foreground = scene.GetNodeByID(view.GetForegroundVolumeID() or "")
        heat = foreground is not None and foreground.GetAttribute(KIND) == HEAT
        other = view.GetBackgroundVolumeID() != volume_node.GetID()
        turned = turned or other
        if other or heat:
            opacity = view.GetForegroundOpacity() if heat else DEFAULT_OPACITY
            view.SetBackgroundVolumeID(volume_node.GetID())
            view.SetForegroundVolumeID(nodes.heat.GetID() if nodes is not None else None)
            view.SetForegroundOpacity(opacity)
    for plot in nodes_by_class(scene, "vtkMRMLPlotViewNode"):
        if _of_another(scene.GetNodeByID(plot.GetPlotChartNodeID() or ""), volume_node):
            plot.SetPlotChartNodeID(nodes.chart.GetID() if nodes is not None else None)
    for table in nodes_by_class(scene, "vtkMRMLTableViewNode"):
        shown = scene.GetNodeByID(table.GetTableNodeID() or "")
        if _of_another(shown, volume_node):
            own = {node.GetAttribute(KIND): node for node in nodes.all()} if nodes else {}
            node = own.get(shown.GetAttribute(KIND))
            table.SetTableNodeID(node.GetID() if node is not None else None)
    return turned


class ResultsOfCTs:
    """Takes a CT's results out of the scene once the CT was removed from it.

    Only those that were seen together with their CT: results that were loaded without one are
    the user's to keep.
    """

    def __init__(self, scene: MRMLScene) -> None:
        self._scene = scene
        self._seen: dict[str, list[str]] = {}

    def refresh(self) -> None:
        """Note which CTs have results, and remove those whose CT has gone since."""
        scene = self._scene
        for ct_id in [one for one in self._seen if scene.GetNodeByID(one) is None]:
            for node_id in self._seen.pop(ct_id):
                node = scene.GetNodeByID(node_id)
                if node is not None and node.GetAttribute(KIND):
                    scene.RemoveNode(node)
        for heat in nodes_by_class(scene, "vtkMRMLScalarVolumeNode"):
            ct = heat.GetNodeReference(CT_ROLE) if heat.GetAttribute(KIND) == HEAT else None
            nodes = find_results(ct) if ct is not None else None
            if ct is not None and nodes is not None:
                self._seen[ct.GetID()] = [node.GetID() for node in nodes.all()]

    def forget(self) -> None:
        """The scene is about to close."""
        self._seen.clear()


def _of_another(node: MRMLNode | None, volume_node: VolumeNode) -> bool:
    """Whether a node is part of a result, but not of this CT's."""
    if node is None or not node.GetAttribute(KIND):
        return False
    return node.GetNodeReferenceID(CT_ROLE) != volume_node.GetID()
