"""A scene file straight from a CT, its boxes and their result."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from GastricDiffLib.ct import BoxROI, CTVolume
from GastricDiffLib.ct.axial import input_hu
from GastricDiffLib.results.case_result import CaseResult
from GastricDiffLib.scene.files import extract, save_scene
from GastricDiffLib.scene.layout import add_views, aim_views
from GastricDiffLib.scene.nodes import add_roi, add_volume
from GastricDiffLib.scene.results import show_result
from GastricDiffLib.scene.setup import new_scene


def write_scene(
    path: str | Path,
    volume: CTVolume,
    boxes: Sequence[BoxROI],
    result: CaseResult,
    heat: str | Path | None = None,
    name: str = "CT",
) -> None:
    """Save CT, boxes and result as a ``.mrb`` that opens in Slicer with all views set.

    The boxes are called ROI, ROI 2 …; no name or path of the source gets into the file.
    ``heat`` is a path for the heat as it lies in the scene, an NRRD, float32 on the CT's grid;
    so it is packed but once.

    Raises
    ------
    InputError
        When a file cannot be written.
    """
    scene = new_scene()
    add_views(scene)
    volume_node = add_volume(scene, input_hu(volume), volume.grid, name, share=True)
    # A CT's noise shrinks to two thirds at best, and that takes longer than all else here.
    volume_node.AddDefaultStorageNode()
    volume_node.GetStorageNode().SetUseCompression(False)
    roi_nodes = [
        add_roi(scene, box, "ROI" if number == 1 else f"ROI {number}")
        for number, box in enumerate(boxes, start=1)
    ]
    nodes = show_result(scene, volume_node, roi_nodes, result, share=True)
    aim_views(scene, volume_node, nodes, boxes)
    save_scene(scene, path)
    if heat is not None:
        extract(path, f"{nodes.heat.GetName()}.nrrd", heat)
