"""The result of a CT as its scene holds it, and where the views look."""

from __future__ import annotations

from html import escape

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonCore import vtkStringArray

from GastricDiffLib.app.boxes import same_place
from GastricDiffLib.ct import BoxROI
from GastricDiffLib.errors import InputError
from GastricDiffLib.i18n import _
from GastricDiffLib.results.case_result import CaseResult
from GastricDiffLib.scene import find_results, result_from_nodes, roi_from_node, show_overlay
from GastricDiffLib.scene.heat import HEAT
from GastricDiffLib.scene.kinds import KIND, ROI_ROLE, nodes_by_class
from GastricDiffLib.scene.layout import jump_slices
from GastricDiffLib.scene.mrml import MRMLScene, ROINode, SelectedPoints, VolumeNode

ResultKey = tuple[str, int, int]
"""ID of the CT, and when the tables of its result were last changed."""


class ShownResult:
    """The result of one CT at a time, read from the scene, whoever put it there.

    ``result``: as of the last :meth:`read`, None where the CT has none.
    """

    def __init__(self, scene: MRMLScene) -> None:
        self._scene = scene
        self.result: CaseResult | None = None
        self._read_ct: VolumeNode | None = None
        self._box: BoxROI | None = None
        self._key: ResultKey | None = None
        self._read = False

    @property
    def _ct(self) -> VolumeNode | None:
        """The CT that was read, unless it was removed since."""
        ct = self._read_ct
        return ct if ct is not None and self._scene.IsNodePresent(ct) else None

    def changed(self, volume_node: VolumeNode | None) -> bool:
        """Whether another result stands there than was read, or none was read yet.

        Reading one takes a moment; this does not.
        """
        return not self._read or self._key != result_key(volume_node)

    def forget(self) -> None:
        """Have :meth:`changed` answer yes."""
        self._read = False

    def read(
        self,
        volume_node: VolumeNode | None,
        roi_node: ROINode | None = None,
        box: BoxROI | None = None,
    ) -> CaseResult | None:
        """The result of a CT.

        Parameters
        ----------
        volume_node
            The CT, None where there is none.
        roi_node
            The box as it stands now.
        box
            The one that the result was made with, as far as that is known; else ``roi_node``
            counts as such.

        Raises
        ------
        InputError
            When its nodes hold something else than a result; then there is none.
        """
        self._read, self._key = True, result_key(volume_node)
        self._read_ct = volume_node
        self.result, self._box = None, box
        if box is None:
            try:
                self._box = roi_from_node(roi_node)
            except InputError:
                self._box = None
        self.result = result_from_nodes(volume_node) if volume_node is not None else None
        return self.result

    def is_stale(self, roi_node: ROINode | None) -> bool:
        """Whether the box is no longer where it was for the result."""
        return self.result is not None and not same_place(roi_node, self._box)

    def row_at(self, position_mm: float) -> int:
        """The table's row of the slice at S in mm, −1 where none is near."""
        if self.result is None:
            return -1
        positions = self.result.position_mm
        nearest = int(np.abs(positions - position_mm).argmin())
        step = float(max(self.result.grid.spacing)) if len(positions) < 2 else _step(positions)
        return nearest if abs(positions[nearest] - position_mm) <= 0.51 * step else -1

    def jump(self, row: int) -> None:
        """Turn the views to the slice of a row; others than the table has change nothing."""
        ct, result = self._ct, self.result
        if result is not None and ct is not None and 0 <= row < len(result.p):
            jump_to(self._scene, ct, float(result.position_mm[row]))

    def set_overlay(self, on: bool, opacity: float, threshold: float) -> None:
        """Lay the heat over the CT, or take it away, where the CT has a result."""
        ct = self._ct
        if ct is not None and find_results(ct) is not None:
            set_overlay(self._scene, on, opacity, threshold)


def result_key(volume_node: VolumeNode | None) -> ResultKey | None:
    """What changes with the result of a CT; None where it has none."""
    nodes = find_results(volume_node) if volume_node is not None else None
    if nodes is None or volume_node is None:
        return None
    return volume_node.GetID(), nodes.slices.GetMTime(), nodes.case.GetMTime()


def vote_text(result: CaseResult) -> str:
    """The vote with its share of slices and the mean probability, as HTML."""
    share = max(result.votes_positive, result.votes_negative)
    count = len(result.p)
    if result.votes_positive == result.votes_negative:
        count_text = _("tie of {count} slices, broken by the mean").format(count=count)
    else:
        count_text = _("{share} of {count} slices ({percent} %)").format(
            share=share, count=count, percent=round(100 * share / count)
        )
    mean = _("mean p({name}) {p}, threshold {threshold}").format(
        name=result.classes[1], p=f"{result.p_mean:.2f}", threshold=f"{result.threshold:.2f}"
    )
    return f"<big><b>{escape(result.vote)}</b></big><br>{escape(count_text)}<br>{escape(mean)}"


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


def jump_to(scene: MRMLScene, volume_node: VolumeNode, position_mm: float) -> None:
    """Turn all slice views to the CT's slice at S in mm, and within it to the box's middle."""
    center = np.zeros(3)
    bounds = np.zeros(6)
    volume_node.GetRASBounds(bounds)
    center[:] = (bounds[::2] + bounds[1::2]) / 2
    for node in boxes_of(volume_node):
        try:
            center = roi_from_node(node).center_lps * (-1, -1, 1)
        except InputError:
            continue
    jump_slices(scene, (center[0], center[1], position_mm))


def boxes_of(volume_node: VolumeNode) -> list[ROINode]:
    """The ROI nodes that the CT's result was made with, as far as they are there still."""
    nodes = find_results(volume_node)
    if nodes is None:
        return []
    count = nodes.heat.GetNumberOfNodeReferences(ROI_ROLE)
    found = [nodes.heat.GetNthNodeReference(ROI_ROLE, n) for n in range(count)]
    return [node for node in found if node is not None]


def set_overlay(scene: MRMLScene, on: bool, opacity: float, threshold: float) -> None:
    """Lay the heat over every CT that has one, or take it away.

    ``opacity`` and ``threshold`` are 0…1; below the threshold the heat is transparent.
    """
    for node in nodes_by_class(scene, "vtkMRMLScalarVolumeNode"):
        display = node.GetDisplayNode()
        if node.GetAttribute(KIND) == HEAT and display is not None:
            display.SetThreshold(threshold, 1.0)
            display.SetApplyThreshold(True)
    show_overlay(scene, on, opacity)


def chosen_row(
    volume_node: VolumeNode, series_ids: vtkStringArray, selections: SelectedPoints
) -> int | None:
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


def _step(positions: NDArray[np.float64]) -> float:
    return float(np.abs(np.diff(np.sort(positions))).min())
