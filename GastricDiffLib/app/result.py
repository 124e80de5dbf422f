"""What the scene shows of a result, and where its views look."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import slicer

from GastricDiffLib.i18n import _
from GastricDiffLib.errors import InputError
from GastricDiffLib.results.case_result import CaseResult
from GastricDiffLib.scene import find_results, roi_from_node, show_overlay
from GastricDiffLib.scene.heat import HEAT
from GastricDiffLib.scene.kinds import KIND, ROI_ROLE, nodes_by_class


def vote_text(result: CaseResult) -> str:
    """The vote with its share of slices and the mean probability, as HTML."""
    share = max(result.votes_positive, result.votes_negative)
    count = len(result.p)
    if result.votes_positive == result.votes_negative:
        told = _("tie of {count} slices, broken by the mean").format(count=count)
    else:
        told = _("{share} of {count} slices ({percent} %)").format(
            share=share, count=count, percent=round(100 * share / count)
        )
    mean = _("mean p({name}) {p}, threshold {threshold}").format(
        name=result.classes[1], p=f"{result.p_mean:.2f}", threshold=f"{result.threshold:.2f}"
    )
    return f"<big><b>{escape(result.vote)}</b></big><br>{escape(told)}<br>{escape(mean)}"


def slice_rows(result: CaseResult) -> list[tuple[str, str, str, str]]:
    """Position, probability, whether the box cuts it, and vote, for each row of the table."""
    return [
        (
            f"{position:.1f}".replace("-", "−"),
            f"{p:.3f}",
            "●" if inside else "",
            result.classes[int(vote)],
        )
        for position, p, vote, inside in zip(
            result.position_mm, result.p, result.slice_votes, result.in_roi, strict=True
        )
    ]


def jump_to(scene: Any, volume_node: Any, position_mm: float) -> None:
    """Turn all slice views to a slice of the CT, and within it to the box's middle."""
    center = np.zeros(3)
    bounds = np.zeros(6)
    volume_node.GetRASBounds(bounds)
    center[:] = (bounds[::2] + bounds[1::2]) / 2
    for node in boxes_of(volume_node):
        try:
            center = roi_from_node(node).center_lps * (-1, -1, 1)
        except InputError:
            continue
    mode = slicer.vtkMRMLSliceNode.OffsetJumpSlice
    slicer.vtkMRMLSliceNode.JumpAllSlices(scene, center[0], center[1], float(position_mm), mode)


def boxes_of(volume_node: Any) -> list[Any]:
    """The ROI nodes that the CT's result was made with, as far as they are there still."""
    nodes = find_results(volume_node)
    if nodes is None:
        return []
    count = nodes.heat.GetNumberOfNodeReferences(ROI_ROLE)
    found = [nodes.heat.GetNthNodeReference(ROI_ROLE, n) for n in range(count)]
    return [node for node in found if node is not None]


def dress_overlay(scene: Any, on: bool, opacity: float, threshold: float) -> None:
    """Heat over the CT, or not; transparent below ``threshold`` (0…1)."""
    for node in nodes_by_class(scene, "vtkMRMLScalarVolumeNode"):
        display = node.GetDisplayNode()
        if node.GetAttribute(KIND) == HEAT and display is not None:
            display.SetThreshold(threshold, 1.0)
            display.SetApplyThreshold(True)
    show_overlay(scene, on, opacity)


def chosen_row(volume_node: Any, series_ids: Any, selections: Any) -> int | None:
    """The slice row that was clicked in a plot view, from what its ``dataSelected`` passes.

    None where the point belongs to another CT's chart, or to none of its slices.
    """
    nodes = find_results(volume_node)
    if nodes is None:
        return None
    for number in range(series_ids.GetNumberOfValues()):
        rows = selections.GetItemAsObject(number)
        same = series_ids.GetValue(number) == nodes.series[0].GetID()
        if same and rows is not None and rows.GetNumberOfValues():
            return int(rows.GetValue(0))
    return None
