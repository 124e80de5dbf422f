"""The section Case: a CT, a box, and whether they go together."""

from __future__ import annotations

from typing import Any

import slicer
import vtk

from GastricDiffLib.app.boxes import draw_box, place_box, show_handles, stop_drawing
from GastricDiffLib.app.case import CaseFacts, case_facts
from GastricDiffLib.i18n import _
from GastricDiffLib.desktop.panel_context import Desk
from GastricDiffLib.desktop.timer import Timer
from GastricDiffLib.errors import InputError


class CasePanel:
    """Tells of the chosen nodes in ``facts``; ``changed`` is called when those are other ones."""

    def __init__(self, desk: Desk, changed: Any) -> None:
        self._desk, self._changed = desk, changed
        self.facts = CaseFacts()
        self._observed: list[tuple[Any, int]] = []
        self._watched: tuple[Any, Any] = (None, None)
        # A box being dragged says so with every pixel.
        self._settled = Timer(desk.messages, self._look, every_ms=100, once=True)
        guarded = desk.messages.guarded
        desk.ui.placeButton.clicked.connect(guarded(self.place))
        desk.ui.drawButton.clicked.connect(guarded(self.draw))

    def refresh(self) -> None:
        """Show the settings' nodes."""
        desk = self._desk
        if (desk.ct, desk.roi) != self._watched:
            self._watch(desk.ct, desk.roi)
        if desk.roi is not None and desk.parameters is not None:
            show_handles(desk.roi, desk.parameters.handles)
        self.facts = case_facts(desk.ct, desk.roi)
        ui = desk.ui
        ui.ctFactsLabel.text = "\n".join([self.facts.ct, *(f"⚠ {n}" for n in self.facts.notes)])
        ui.ctFactsLabel.visible = bool(self.facts.ct)
        # What is merely missing, the Classify button says.
        both = desk.ct is not None and desk.roi is not None
        ui.boxFactsLabel.text = self.facts.box or (self.facts.problem if both else "")
        ui.boxFactsLabel.visible = bool(ui.boxFactsLabel.text)
        ui.placeButton.enabled = desk.ct is not None
        ui.drawButton.enabled = desk.ct is not None
        ui.handlesCheckBox.enabled = desk.roi is not None

    def place(self) -> None:
        """One click: a box at the middle of the view."""
        if self._desk.ct is None:
            raise InputError("no CT", hint="choose a CT first")
        self._desk.parameters.roi = place_box(self._desk.scene, self._desk.ct, self._desk.roi)
        self._desk.messages.clear()

    def draw(self) -> None:
        """Two clicks in a slice view; the same button gives up."""
        if not self._desk.ui.drawButton.checked:
            stop_drawing(self._desk.scene)
            return
        self._desk.parameters.roi = draw_box(self._desk.scene, self._desk.roi)
        self._desk.messages.say(_("Click at two opposite corners of the tumour in a slice view."))

    def leave(self) -> None:
        """The user goes elsewhere: an unfinished drawing is given up."""
        if self._desk.ui.drawButton.checked:
            self._desk.ui.drawButton.checked = False
            stop_drawing(self._desk.scene)

    def cleanup(self) -> None:
        self._settled.stop()
        self._watch(None, None)

    def _watch(self, *nodes: Any) -> None:
        for node, tag in self._observed:
            node.RemoveObserver(tag)
        self._observed = []
        moved = slicer.vtkMRMLTransformableNode.TransformModifiedEvent
        for node in nodes:
            if node is not None:
                for event in (vtk.vtkCommand.ModifiedEvent, moved):
                    self._observed.append((node, node.AddObserver(event, self._on_node)))
        self._watched = (nodes[0], nodes[1])

    def _on_node(self, _caller: Any, _event: str) -> None:
        self._settled.start()

    def _look(self) -> None:
        roi, button = self._desk.roi, self._desk.ui.drawButton
        if button.checked and roi is not None and min(roi.GetSize()) > 0:
            button.checked = False
            self._desk.messages.clear()
        self._changed()
