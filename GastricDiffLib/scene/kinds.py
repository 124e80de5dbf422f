"""Result nodes of a CT: how they are found again, and the record of their origin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from GastricDiffLib import RESEARCH_USE
from GastricDiffLib.results.case_result import CaseResult
from GastricDiffLib.scene.mrml import MRMLNode, MRMLScene, ROINode, VolumeNode

CT_ROLE = "GastricDiff.CT"
ROI_ROLE = "GastricDiff.ROI"
KIND = "GastricDiff.Kind"


def nodes_by_class(scene: MRMLScene, node_class: str) -> Iterator[Any]:
    """All nodes of a class and of those derived from it."""
    for index in range(scene.GetNumberOfNodesByClass(node_class)):
        yield scene.GetNthNodeByClass(index, node_class)


def find_node(volume_node: VolumeNode, kind: str, node_class: str) -> Any | None:
    """The result node of that kind that belongs to the CT, or None."""
    for node in nodes_by_class(volume_node.GetScene(), node_class):
        if (
            node.GetAttribute(KIND) == kind
            and node.GetNodeReferenceID(CT_ROLE) == volume_node.GetID()
        ):
            return node
    return None


def result_node(volume_node: VolumeNode, kind: str, node_class: str, name: str) -> Any:
    """The CT's result node of that kind: the one there is, so that views keep it, or a new one."""
    node = find_node(volume_node, kind, node_class)
    if node is None:
        node = volume_node.GetScene().AddNewNodeByClass(node_class, name)
        node.SetAttribute(KIND, kind)
        node.SetNodeReferenceID(CT_ROLE, volume_node.GetID())
    node.SetName(name)
    return node


def sign(node: MRMLNode, roi_nodes: Sequence[ROINode], result: CaseResult) -> None:
    """Write which boxes and which model the node's content comes from."""
    node.RemoveNodeReferenceIDs(ROI_ROLE)
    for roi_node in roi_nodes:
        node.AddNodeReferenceID(ROI_ROLE, roi_node.GetID())
    node.SetAttribute("GastricDiff.Model", result.model.name)
    node.SetAttribute("GastricDiff.ModelSHA256", result.model.sha256)
    node.SetAttribute("GastricDiff.System", result.model.system)
    node.SetAttribute("GastricDiff.Vote", result.vote)
    node.SetAttribute("GastricDiff.ResearchUse", RESEARCH_USE)
