"""The heat map as a volume over its CT."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from GastricDiffLib.ct.grid import Grid, resample
from GastricDiffLib.errors import InputError
from GastricDiffLib.results.case_result import CaseResult
from GastricDiffLib.results.palette import heat_rgba
from GastricDiffLib.scene.frames import world_grid
from GastricDiffLib.scene.kinds import result_node
from GastricDiffLib.scene.mrml import ColorTableNode, MRMLScene, VolumeNode
from GastricDiffLib.scene.nodes import set_voxels, show_between

HEAT = "heat"
COLOURS = "GastricDiffHeat"


def show_heat(volume_node: VolumeNode, result: CaseResult, share: bool = False) -> VolumeNode:
    """The volume node ``<CT> heat``: float32 0…1 on the CT's voxels, under its transforms.

    ``share``: the node and the result have the same voxels in memory, see ``set_voxels``.

    Raises
    ------
    InputError
        When the result lies nowhere on the CT.
    """
    heat = on_grid_of(volume_node, result)
    node: VolumeNode = result_node(
        volume_node, HEAT, "vtkMRMLScalarVolumeNode", f"{volume_node.GetName()} heat"
    )
    show_between(node, 0.0, 1.0, heat_colours(volume_node.GetScene()).GetID())
    set_voxels(node, heat, share)
    ijk_to_ras = vtkMatrix4x4()
    volume_node.GetIJKToRASMatrix(ijk_to_ras)
    node.SetIJKToRASMatrix(ijk_to_ras)
    node.SetAndObserveTransformNodeID(volume_node.GetTransformNodeID())
    return node


def on_grid_of(volume_node: VolumeNode, result: CaseResult) -> NDArray[np.float32]:
    """The result's heat, float32 (K, J, I), on the voxels of the volume node.

    A result of this very node has it already; one of a sheared node, or of the same CT
    read from elsewhere with other axes, is interpolated.
    """
    heat = np.ascontiguousarray(result.heat, dtype=np.float32)
    grid = world_grid(volume_node)
    if _same(grid, result.grid):
        return heat
    moved = resample(heat, result.grid, grid, 0.0)
    if heat.any() and not moved.any():
        raise InputError(
            "the result belongs to another CT",
            f"its heat lies outside '{volume_node.GetName()}'",
            "classify this CT",
        )
    return moved


def heat_colours(scene: MRMLScene) -> ColorTableNode:
    """The scene's one colour table for heat, transparent where heat is low."""
    there: ColorTableNode | None = scene.GetSingletonNode(COLOURS, "vtkMRMLColorTableNode")
    if there is not None:
        return there
    rgba = heat_rgba()
    table: ColorTableNode = scene.CreateNodeByClass("vtkMRMLColorTableNode")
    table.UnRegister(None)
    table.SetTypeToUser()
    table.SetName("GastricDiff heat")
    table.SetSingletonTag(COLOURS)
    table.SetDescription("Heat 0 to 1, transparent where low")
    table.SetNumberOfColors(len(rgba))
    table.GetLookupTable().SetRange(0.0, 1.0)
    for index, colour in enumerate(rgba):
        table.SetColor(index, f"{index / (len(rgba) - 1):.3f}", *colour.tolist())
    added: ColorTableNode = scene.AddNode(table)
    return added


def _same(a: Grid, b: Grid) -> bool:
    if a.shape != b.shape:
        return False
    apart = np.abs(a.corners_lps() - b.corners_lps()).max()
    return bool(apart < 0.01 * a.spacing.min())
