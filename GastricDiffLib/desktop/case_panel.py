"""The section Case: a CT, a box, and whether they go together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import slicer
import vtk

from GastricDiffLib.app.boxes import (
    draw_box,
    is_drawn,
    place_box,
    show_handles,
    show_outline,
    stop_drawing,
)
from GastricDiffLib.app.case import CaseFacts, case_facts
from GastricDiffLib.app.windows import show_first_window
from GastricDiffLib.desktop.panel_context import PanelContext
from GastricDiffLib.desktop.timer import Timer
from GastricDiffLib.errors import InputError
from GastricDiffLib.i18n import _
from GastricDiffLib.scene.mrml import ROINode, VolumeNode
from GastricDiffLib.scene.shown_case import ResultsOfCTs, show_case_in_views


class CasePanel:
    """``facts`` are of the chosen nodes; ``changed`` is called when those are other ones."""

    def __init__(self, context: PanelContext, changed: Callable[[], None]) -> None:
        self._context, self._changed = context, changed
        self.facts = CaseFacts()
        self._observed: list[tuple[Any, int]] = []
        self._watched: tuple[Any, Any] = (None, None)
        self._results = ResultsOfCTs(context.scene)
        # A box being dragged is modified with every pixel.
        self._settled = Timer(context.messages, self._look, every_ms=100, once=True)
        guarded = context.messages.guarded
        context.ui.placeButton.clicked.connect(guarded(self.place))
        context.ui.drawButton.clicked.connect(guarded(self.draw))

    def refresh(self) -> None:
        """Show the settings' nodes."""
        context = self._context
        if (context.ct, context.roi) != self._watched:
            self._turn_to(context.ct, context.roi)
            self._watch(context.ct, context.roi)
        self._results.refresh()
        if context.roi is not None and context.parameters is not None:
            show_handles(context.roi, context.parameters.handles)
        self.facts = case_facts(context.ct, context.roi)
        ui = context.ui
        ui.ctFactsLabel.text = "\n".join([self.facts.ct, *(f"⚠ {n}" for n in self.facts.notes)])
        ui.ctFactsLabel.visible = bool(self.facts.ct)
        # What is merely missing stands below the Classify button.
        both = context.ct is not None and context.roi is not None
        ui.boxFactsLabel.text = self.facts.box or (self.facts.problem if both else "")
        ui.boxFactsLabel.visible = bool(ui.boxFactsLabel.text)
        ui.placeButton.enabled = context.ct is not None
        ui.drawButton.enabled = context.ct is not None
        ui.handlesCheckBox.enabled = context.roi is not None

    def place(self) -> None:
        """One click: a box at the middle of the view."""
        if self._context.ct is None:
            raise InputError("no CT", hint="choose a CT first")
        self._context.parameters.roi = place_box(
            self._context.scene, self._context.ct, self._context.roi
        )
        self._context.messages.clear()

    def draw(self) -> None:
        """Two clicks in a slice view; the same button gives up."""
        if not self._context.ui.drawButton.checked:
            stop_drawing(self._context.scene)
            return
        self._context.parameters.roi = draw_box(self._context.scene, self._context.roi)
        self._context.messages.info(
            _("Click at two opposite corners of the tumour in a slice view.")
        )

    def leave(self) -> None:
        """The user goes elsewhere: an unfinished drawing is given up."""
        if self._context.ui.drawButton.checked:
            self._context.ui.drawButton.checked = False
            stop_drawing(self._context.scene)

    def cleanup(self) -> None:
        self._settled.stop()
        self._results.forget()
        self._watch(None, None)

    def _turn_to(self, ct: VolumeNode | None, roi: ROINode | None) -> None:
        """Show the nodes that were chosen, and nothing of those before."""
        former_ct, former_roi = self._watched
        if roi is not None and roi is not former_roi:
            show_outline(roi)
        if ct is None or ct is former_ct:
            return
        show_first_window(ct)
        if show_case_in_views(self._context.scene, ct):
            # Where the user looks already stays, such as the sample's tumour.
            slicer.util.resetSliceViews()
        if former_ct is not None:
            # What was reported of the former one is no news of this one.
            self._context.messages.clear()

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
        roi, button = self._context.roi, self._context.ui.drawButton
        if button.checked and roi is not None and is_drawn(roi):
            button.checked = False
            self._context.messages.clear()
        self._changed()
