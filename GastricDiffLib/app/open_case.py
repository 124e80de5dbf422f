"""One CT with its box in a scene of its own: opened from files, placed, drawn, replaced."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from GastricDiffLib.app.boxes import draw_box, is_drawing, place_box, show_handles, stop_drawing
from GastricDiffLib.app.case import CaseFacts, case_facts, first_ct, roi_nodes
from GastricDiffLib.app.sample import add_phantom, tumour_center
from GastricDiffLib.app.windows import show_window
from GastricDiffLib.ct import BoxROI, read_roi, read_volume
from GastricDiffLib.ct.axial import input_hu
from GastricDiffLib.errors import InputError
from GastricDiffLib.scene import load_scene
from GastricDiffLib.scene.kinds import nodes_by_class
from GastricDiffLib.scene.mrml import MRMLScene, ROINode, VolumeNode
from GastricDiffLib.scene.nodes import add_roi, add_volume

_CONTENT = (
    "vtkMRMLDisplayableNode", "vtkMRMLTableNode", "vtkMRMLPlotChartNode",
    "vtkMRMLPlotSeriesNode", "vtkMRMLDisplayNode", "vtkMRMLStorageNode",
)  # fmt: skip


class CaseViews(Protocol):
    """The views that show the case."""

    def show(self, volume_node: VolumeNode) -> None:
        """Lay a CT into all views, and look at all of it."""
        ...

    def look_at(self, ras_mm: Sequence[float]) -> None:
        """Turn all slice views to a point, RAS in mm."""
        ...


class OpenCase:
    """At most one CT and one box in a scene; ``notes`` are remarks of the files' readers."""

    def __init__(self, scene: MRMLScene, views: CaseViews) -> None:
        self.scene = scene
        self._views = views
        self._ct: VolumeNode | None = None
        self._roi: ROINode | None = None
        self.notes: tuple[str, ...] = ()

    @property
    def ct(self) -> VolumeNode | None:
        """The CT's node, None where there is none, or it was removed."""
        return self._ct if self._ct is not None and self.scene.IsNodePresent(self._ct) else None

    @property
    def roi(self) -> ROINode | None:
        """The box's node, None where there is none, or it was removed."""
        return self._roi if self._roi is not None and self.scene.IsNodePresent(self._roi) else None

    @property
    def drawing(self) -> bool:
        """Whether the user is drawing the box."""
        return is_drawing(self.scene)

    def facts(self) -> CaseFacts:
        """What is known of both; its notes are the readers' and those of the CT as it stands."""
        facts = case_facts(self.ct, self.roi)
        notes = tuple(dict.fromkeys((*self.notes, *facts.notes)))
        return CaseFacts(facts.ct, facts.box, notes, facts.problem)

    def version(self) -> tuple[tuple[str, int], ...]:
        """Changes whenever the facts may have."""
        return tuple((node.GetID(), node.GetMTime()) for node in (self.ct, self.roi) if node)

    def open_phantom(self) -> None:
        """The sample, with a box around its tumour."""
        self._empty()
        self._ct = add_phantom(self.scene)
        self._views.show(self._ct)
        roi = self.place()
        roi.SetCenterWorld(*tumour_center())
        self._look_at_box()

    def open_files(self, ct: Path | None, roi: Path | None) -> None:
        """A CT, a box or both, in place of those that are there.

        Raises
        ------
        InputError
            When either cannot be read; then all stays as it was.
        """
        boxes: list[BoxROI] = read_roi(roi) if roi is not None else []
        if ct is not None:
            volume = read_volume(ct)
            self._empty()
            self.notes = volume.notes
            # No name that the file had: it may be the patient's.
            self._ct = add_volume(self.scene, input_hu(volume), volume.grid, "CT")
            self._views.show(self._ct)
        elif self.ct is None:
            raise InputError("a box alone", hint="open its CT first, or both together")
        if boxes:
            self._take(boxes)

    def open_scene(self, path: Path) -> None:
        """The first CT of a scene, with its box and result where it has them.

        Raises
        ------
        InputError
            When the scene cannot be read or holds no CT.
        """
        self._empty()
        load_scene(path, self.scene)
        self._ct = first_ct(self.scene)
        if self._ct is None:
            self._empty()
            raise InputError("the scene holds no CT", hint="open one with a scalar volume in HU")
        self._roi = next(roi_nodes(self.scene), None)
        self._views.show(self._ct)
        if self._roi is not None:
            show_handles(self._roi, True)
            self._look_at_box()

    def place(self) -> ROINode:
        """Put the box where the user looks.

        Raises
        ------
        InputError
            When there is no CT.
        """
        self._roi = place_box(self.scene, self.require_ct(), self.roi)
        show_handles(self._roi, True)
        return self._roi

    def draw(self) -> None:
        """Let the user draw the box by two clicks, or stop that.

        Raises
        ------
        InputError
            When there is no CT.
        """
        self.require_ct()
        if self.drawing:
            stop_drawing(self.scene)
            return
        self._roi = draw_box(self.scene, self.roi)
        show_handles(self._roi, True)

    def show_window(self, name: str) -> None:
        """Show the CT, where there is one, in one of ``windows.WINDOWS``."""
        if self.ct is not None:
            show_window(self.ct, name)

    def require_ct(self) -> VolumeNode:
        """The CT's node.

        Raises
        ------
        InputError
            When there is none.
        """
        if self.ct is None:
            raise InputError("no CT", hint="open one first")
        return self.ct

    def _take(self, boxes: Sequence[BoxROI]) -> None:
        if len(boxes) > 1:
            self.notes += (f"of {len(boxes)} boxes in the file the first is taken",)
        if self.roi is not None:
            self.scene.RemoveNode(self.roi)
        self._roi = add_roi(self.scene, boxes[0], "ROI")
        show_handles(self._roi, True)
        self._look_at_box()

    def _look_at_box(self) -> None:
        assert self._roi is not None
        center = np.zeros(3)
        self._roi.GetCenterWorld(center)
        self._views.look_at(center.tolist())

    def _empty(self) -> None:
        """Remove all that the user or a result put into the scene; views and colours stay."""
        stop_drawing(self.scene)
        self._ct = self._roi = None
        self.notes = ()
        for node_class in _CONTENT:
            for node in list(nodes_by_class(self.scene, node_class)):
                if _is_content(node):
                    self.scene.RemoveNode(node)


def _is_content(node: Any) -> bool:
    """Not part of the views, as their slice planes and cameras are."""
    if node.GetSingletonTag():
        return False
    if node.IsA("vtkMRMLDisplayNode"):
        return bool(node.GetDisplayableNode() is None)
    if node.IsA("vtkMRMLStorageNode"):
        return True
    return not node.GetHideFromEditors()
