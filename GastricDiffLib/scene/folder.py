"""One subject-hierarchy folder for the results of a CT."""

from __future__ import annotations

from collections.abc import Sequence

import slicer

from GastricDiffLib.scene.mrml import MRMLNode, SubjectHierarchyNode, VolumeNode

FOLDER = "GastricDiff.Results"


def put_in_folder(volume_node: VolumeNode, nodes: Sequence[MRMLNode]) -> int:
    """Put the nodes into the CT's result folder, which stands beside the CT; its item ID."""
    hierarchy: SubjectHierarchyNode = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(
        volume_node.GetScene()
    )
    folder = _existing(hierarchy, nodes)
    if folder is None:
        ct = hierarchy.GetItemByDataNode(volume_node)
        parent = hierarchy.GetItemParent(ct) if ct else hierarchy.GetSceneItemID()
        folder = hierarchy.CreateFolderItem(parent, "")
        hierarchy.SetItemAttribute(folder, FOLDER, "1")
    hierarchy.SetItemName(folder, f"{volume_node.GetName()} GastricDiff")
    for node in nodes:
        hierarchy.CreateItem(folder, node)
    return int(folder)


def _existing(hierarchy: SubjectHierarchyNode, nodes: Sequence[MRMLNode]) -> int | None:
    for node in nodes:
        item = hierarchy.GetItemByDataNode(node)
        folder = hierarchy.GetItemParent(item) if item else 0
        if folder and hierarchy.HasItemAttribute(folder, FOLDER):
            return int(folder)
    return None
