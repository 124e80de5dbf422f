"""CT volumes and boxes out of a scene, in world coordinates."""

from __future__ import annotations

import numpy as np
import slicer

from GastricDiffLib.ct import BoxROI, CTVolume
from GastricDiffLib.ct.checks import check_hu
from GastricDiffLib.errors import InputError
from GastricDiffLib.scene.frames import RAS_LPS, node_to_world, to_numpy, world_grid
from GastricDiffLib.scene.mrml import MRMLNode, ROINode, VolumeNode


def volume_from_node(node: VolumeNode | None) -> CTVolume:
    """The CT of a vtkMRMLScalarVolumeNode where it stands in the world.

    Linear parent transforms count as if they were hardened; a turned volume is resampled
    upright, which its ``notes`` state. Voxels are not copied where the grid is upright.

    Raises
    ------
    InputError
        When the node holds no scalar image, is a label map, stands under a non-linear transform, or
        does not hold HU.
    """
    if node is None or not node.IsA("vtkMRMLScalarVolumeNode"):
        raise InputError("no CT volume chosen", _name(node), "choose a scalar volume")
    if node.IsA("vtkMRMLLabelMapVolumeNode"):
        raise InputError("a label map is no CT", _name(node), "choose the CT itself")
    image = node.GetImageData()
    if image is None or image.GetNumberOfPoints() == 0:
        raise InputError("the volume holds no image", _name(node), "load the CT again")
    if image.GetNumberOfScalarComponents() != 1 or node.IsA("vtkMRMLTensorVolumeNode"):
        raise InputError("the volume has several values a voxel", _name(node), "choose a CT")
    array = slicer.util.arrayFromVolume(node)
    check_hu(array, _name(node))
    return CTVolume.from_array(array, world_grid(node).ijk_to_lps)


def roi_from_node(node: ROINode | None) -> BoxROI:
    """The box of a vtkMRMLMarkupsROINode where it stands in the world, LPS mm.

    Its own orientation and linear parent transforms count.

    Raises
    ------
    InputError
        When the node is no ROI markup, is not drawn yet, is inside out, or when a transform shears
        it.
    """
    if node is None or not node.IsA("vtkMRMLMarkupsROINode"):
        raise InputError("no ROI chosen", _name(node), "draw a box with Slicer's ROI markup")
    if node.GetInsideOut():
        raise InputError("the ROI is inside out", _name(node), "clear 'Inside out' in Slicer")
    size = np.array(node.GetSize())
    if size.min() <= 0:
        raise InputError("the ROI box has no volume", _name(node), "draw it anew")
    box_to_node = to_numpy(node.GetObjectToNodeMatrix())
    box_to_lps = RAS_LPS @ box_to_node
    box = BoxROI(box_to_lps[:3, 3], box_to_lps[:3, :3], size, node.GetName() or "")
    return box.transformed(RAS_LPS @ node_to_world(node) @ RAS_LPS)


def _name(node: MRMLNode | None) -> str:
    return "" if node is None else f"'{node.GetName()}'"
