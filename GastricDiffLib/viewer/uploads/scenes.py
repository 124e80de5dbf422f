"""A stranger's scene made anew: its CT volumes, boxes and results in a scene of our own."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import slicer

from GastricDiffLib.ct.volume import as_int16
from GastricDiffLib.errors import InputError
from GastricDiffLib.scene import (
    add_roi,
    add_volume,
    find_results,
    new_scene,
    result_from_nodes,
    roi_from_node,
    save_scene,
    show_result,
    volume_from_node,
)
from GastricDiffLib.scene.files import import_scene
from GastricDiffLib.scene.frames import world_grid
from GastricDiffLib.scene.kinds import KIND, ROI_ROLE, nodes_by_class
from GastricDiffLib.viewer.uploads.archive import Budget, opened
from GastricDiffLib.viewer.uploads.bundle import Bundle


def renew_scene(bundle: Path, work: Path, budget: Budget, out: Path) -> list[str]:
    """Write the scene of ``bundle`` anew as ``out``; notes for the user.

    Nodes are called CT, CT 2 … and ROI, ROI 2 …, where they stand in the world, so that
    neither names nor anything else of the file goes along.

    Raises
    ------
    InputError
        When the bundle is refused, or holds no CT.
    """
    folder = Path(tempfile.mkdtemp(dir=work))
    with opened(bundle, budget) as archive:
        given = Bundle(archive, folder, budget.limits)
        mrml = given.unpack()
    scene = import_scene(mrml, where="the bundle")
    renewed = _Renewal(scene, budget.limits.boxes)
    save_scene(renewed.scene, out)
    left_out = given.left_out + renewed.left_out
    if left_out:
        renewed.notes.append(
            f"of the scene only CT, boxes and results are taken over; {left_out} other "
            f"{'item was' if left_out == 1 else 'items were'} left out"
        )
    return renewed.notes


class _Renewal:
    def __init__(self, given: Any, most_boxes: int) -> None:
        self.scene, self.left_out = new_scene(), 0
        self.notes: list[str] = []
        self._boxes: dict[str, Any] = {}
        self._refusals: list[InputError] = []
        for node in nodes_by_class(given, "vtkMRMLMarkupsROINode"):
            if len(self._boxes) == most_boxes:
                raise InputError("too many ROI boxes in the scene", f"more than {most_boxes}")
            self._take_box(node)
        cts = 0
        for node in nodes_by_class(given, "vtkMRMLScalarVolumeNode"):
            if not node.GetAttribute(KIND):
                cts += self._take_ct(node, "CT" if cts == 0 else f"CT {cts + 1}")
        if not cts:
            if self._refusals:
                raise self._refusals[0]
            raise InputError("no CT in the scene", hint="save a scene with a CT volume as .mrb")

    def _take_box(self, node: Any) -> None:
        try:
            box = roi_from_node(node)
        except InputError:
            self.left_out += 1
            return
        count = len(self._boxes)
        name = "ROI" if count == 0 else f"ROI {count + 1}"
        self._boxes[node.GetID()] = add_roi(self.scene, box, name)

    def _take_ct(self, node: Any, name: str) -> bool:
        node.SetName(name)  # for messages, which must not hold the given one
        try:
            volume = volume_from_node(node)
        except InputError as error:
            self._refusals.append(error)
            self.left_out += 1
            return False
        array, grid = as_int16(slicer.util.arrayFromVolume(node)), world_grid(node)
        if grid.sheared:
            # No file format holds sheared axes.
            array, grid = volume.hu, volume.grid
        self._take_result(node, add_volume(self.scene, array, grid, name))
        return True

    def _take_result(self, given: Any, volume_node: Any) -> None:
        try:
            found, result = find_results(given), result_from_nodes(given)
            if found is None or result is None:
                return
            ids = [
                found.heat.GetNthNodeReferenceID(ROI_ROLE, n)
                for n in range(found.heat.GetNumberOfNodeReferences(ROI_ROLE))
            ]
            boxes = [self._boxes[one] for one in ids if one in self._boxes]
            show_result(self.scene, volume_node, boxes, result)
        except Exception:  # whatever tables that somebody edited make go wrong
            self.notes.append(
                f"the result of {volume_node.GetName()} cannot be read and was left out"
            )
