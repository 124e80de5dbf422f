"""What is known of a CT and a box in the scene, and whether they go together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from GastricDiffLib.app.boxes import is_drawn
from GastricDiffLib.ct import BoxROI, CTVolume
from GastricDiffLib.ct.checks import check_hu
from GastricDiffLib.ct.roi import require_overlap, roi_slices
from GastricDiffLib.errors import InputError
from GastricDiffLib.i18n import _
from GastricDiffLib.scene.frames import world_grid
from GastricDiffLib.scene.kinds import KIND, nodes_by_class
from GastricDiffLib.scene.mrml import MRMLScene, ROINode, VolumeNode
from GastricDiffLib.scene.reading import roi_from_node


@dataclass(frozen=True)
class CaseFacts:
    """Lines for the user.

    Attributes
    ----------
    ct, box
        What they are; empty where there is none, or it is unfit.
    notes
        What happens to the CT before it is classified.
    problem
        What is missing; empty where the case is complete.
    """

    ct: str = ""
    box: str = ""
    notes: tuple[str, ...] = ()
    problem: str = ""


def case_facts(volume_node: VolumeNode | None, roi_node: ROINode | None) -> CaseFacts:
    """Look at both nodes, either of which may be None; reads no voxels, so it takes no time."""
    if volume_node is None:
        return CaseFacts(problem=_("Choose a CT."))
    try:
        volume = ct_without_voxels(volume_node)
    except InputError as error:
        return CaseFacts(problem=str(error))
    ct, notes = _describe(volume_node, volume), volume.notes
    if roi_node is None:
        return CaseFacts(ct, notes=notes, problem=_("Place a box around the tumour."))
    if not is_drawn(roi_node):
        return CaseFacts(ct, notes=notes, problem=_("Draw the box: click at two of its corners."))
    try:
        box = roi_from_node(roi_node)
        require_overlap(volume, [box])
    except InputError as error:
        return CaseFacts(ct, notes=notes, problem=str(error))
    return CaseFacts(ct, _describe_box(box, len(roi_slices([box], volume))), notes)


def ct_nodes(scene: MRMLScene) -> Iterator[VolumeNode]:
    """The volumes of a scene that are no results of ours and that editors show."""
    return _shown(scene, "vtkMRMLScalarVolumeNode")


def roi_nodes(scene: MRMLScene) -> Iterator[ROINode]:
    """The boxes of a scene that editors show."""
    return _shown(scene, "vtkMRMLMarkupsROINode")


def first_ct(scene: MRMLScene) -> VolumeNode | None:
    """The first volume of a scene that can be classified, None where there is none."""
    for node in ct_nodes(scene):
        try:
            ct_without_voxels(node)
        except InputError:
            continue
        return node
    return None


def _shown(scene: MRMLScene, node_class: str) -> Iterator[Any]:
    for node in nodes_by_class(scene, node_class):
        if not node.GetHideFromEditors() and not node.GetAttribute(KIND):
            yield node


def ct_without_voxels(volume_node: VolumeNode) -> CTVolume:
    """The CT of a node by its header alone: its upright grid and notes, all voxels 0 HU.

    Takes no time: the zeros are one number that is broadcast.

    Raises
    ------
    InputError
        When the node holds no scalar image or no HU, or stands under a transform that is not
        linear.
    """
    image = volume_node.GetImageData()
    name = f"'{volume_node.GetName()}'"
    if image is None or image.GetNumberOfPoints() == 0:
        raise InputError("the volume holds no image", name, "load the CT again")
    if image.GetNumberOfScalarComponents() != 1 or volume_node.IsA("vtkMRMLLabelMapVolumeNode"):
        raise InputError("the volume is no CT", name, "choose a scalar volume in HU")
    check_hu(np.array(image.GetScalarRange()), name)
    grid = world_grid(volume_node)
    if grid.is_upright():
        return CTVolume.from_array(np.broadcast_to(np.int16(0), grid.shape), grid.ijk_to_lps)
    upright = grid.upright()
    note = _("the stack is tilted by {angle}° and will be resampled upright").format(
        angle=f"{grid.tilt_degrees():.1f}"
    )
    x, y, z = (float(step) for step in upright.spacing)
    left, posterior, inferior = (float(value) for value in upright.origin)
    nothing = np.broadcast_to(np.int16(0), upright.shape)
    return CTVolume(nothing, (z, y, x), (left, posterior, inferior), grid, (note,), True)


def _describe(volume_node: VolumeNode, volume: CTVolume) -> str:
    image = volume_node.GetImageData()
    assert image is not None
    low, high = image.GetScalarRange()
    z, y, x = volume.spacing_mm
    return _("{slices} slices of {width} × {height}, {spacing} mm, {low} to {high}\u00a0HU").format(
        slices=volume.hu.shape[0],
        width=volume.hu.shape[2],
        height=volume.hu.shape[1],
        spacing=f"{x:.2f} × {y:.2f} × {z:.2f}",
        low=f"{low:.0f}".replace("-", "−"),
        high=f"{high:.0f}",
    )


def _describe_box(box: BoxROI, slices: int) -> str:
    size = " × ".join(f"{length:.0f}" for length in box.size_mm)
    return _("Box of {size} mm cuts {slices} slices of this CT.").format(size=size, slices=slices)
