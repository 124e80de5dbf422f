"""The CT and the box of a session: opened, placed, and what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import slicer

from GastricDiffLib.app.boxes import draw_box, place_box, show_handles, stop_drawing
from GastricDiffLib.app.case import CaseFacts, case_facts, frame
from GastricDiffLib.app.sample import add_phantom, tumour_center
from GastricDiffLib.ct import BoxROI, read_roi, read_volume
from GastricDiffLib.ct.axial import input_hu
from GastricDiffLib.errors import InputError
from GastricDiffLib.scene import load_scene
from GastricDiffLib.scene.kinds import KIND, nodes_by_class
from GastricDiffLib.scene.nodes import ABDOMEN_LEVEL, ABDOMEN_WINDOW, add_roi, add_volume
from GastricDiffLib.viewer.session.views import Views

WINDOWS = {
    "abdomen": (ABDOMEN_WINDOW, ABDOMEN_LEVEL),
    "lung": (1500.0, -600.0),
    "bone": (1800.0, 400.0),
}
"""Width and centre in HU."""

_CONTENT = (
    "vtkMRMLDisplayableNode", "vtkMRMLTableNode", "vtkMRMLPlotChartNode",
    "vtkMRMLPlotSeriesNode", "vtkMRMLDisplayNode", "vtkMRMLStorageNode",
)  # fmt: skip


class Case:
    """At most one CT and one box; ``notes`` are what reading them told."""

    def __init__(self, views: Views) -> None:
        self._views = views
        self.scene = views.scene
        self._ct: Any = None
        self._roi: Any = None
        self.notes: tuple[str, ...] = ()

    @property
    def ct(self) -> Any | None:
        """The CT's node, None where there is none, or it was removed."""
        return self._ct if self._ct is not None and self.scene.IsNodePresent(self._ct) else None

    @property
    def roi(self) -> Any | None:
        return self._roi if self._roi is not None and self.scene.IsNodePresent(self._roi) else None

    def facts(self) -> CaseFacts:
        return case_facts(self.ct, self.roi)

    def seen(self) -> tuple[Any, ...]:
        """Changes whenever the facts may have."""
        return tuple((node.GetID(), node.GetMTime()) for node in (self.ct, self.roi) if node)

    def open_phantom(self) -> None:
        """The sample, with a box around its tumour."""
        self._empty()
        self._ct = add_phantom(self.scene)
        self._views.show(self._ct)
        self.place()
        self._roi.SetCenterWorld(*tumour_center())
        self._look_at_box()

    def open_files(self, ct: Path | None, roi: Path | None) -> None:
        """A CT, a box or both, in place of those that are there.

        Raises InputError when either cannot be read; then all stays as it was.
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

        Raises InputError when the scene cannot be read or holds no CT.
        """
        self._empty()
        load_scene(path, self.scene)
        self._ct = self._first_ct()
        if self._ct is None:
            self._empty()
            raise InputError("the scene holds no CT", hint="open one with a scalar volume in HU")
        self._roi = next(iter(nodes_by_class(self.scene, "vtkMRMLMarkupsROINode")), None)
        self._views.show(self._ct)
        if self._roi is not None:
            show_handles(self._roi, True)
            self._look_at_box()

    def place(self) -> None:
        """A box where the user looks."""
        ct = self.ct_needed()
        self._roi = place_box(self.scene, ct, self.roi)
        show_handles(self._roi, True)

    def draw(self) -> None:
        """Let the user draw the box by two clicks, or stop that."""
        self.ct_needed()
        if self.drawing:
            stop_drawing(self.scene)
            return
        self._roi = draw_box(self.scene, self.roi)
        show_handles(self._roi, True)

    @property
    def drawing(self) -> bool:
        interaction = self.scene.GetSingletonNode("Singleton", "vtkMRMLInteractionNode")
        if interaction is None:
            return False
        return bool(interaction.GetCurrentInteractionMode() == slicer.vtkMRMLInteractionNode.Place)

    def window(self, name: str) -> None:
        """Show the CT in one of ``WINDOWS``."""
        if name not in WINDOWS or self.ct is None:
            return
        display = self.ct.GetDisplayNode()
        display.AutoWindowLevelOff()
        display.SetWindowLevel(*WINDOWS[name])

    def ct_needed(self) -> Any:
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
        center = np.zeros(3)
        self._roi.GetCenterWorld(center)
        self._views.look_at(center)

    def _first_ct(self) -> Any | None:
        for node in nodes_by_class(self.scene, "vtkMRMLScalarVolumeNode"):
            if node.GetAttribute(KIND) is not None:
                continue
            try:
                frame(node)
            except InputError:
                continue
            return node
        return None

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
        return node.GetDisplayableNode() is None
    if node.IsA("vtkMRMLStorageNode"):
        return True
    return not node.GetHideFromEditors()
