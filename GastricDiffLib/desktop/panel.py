"""The module's panel: its sections, put together and kept in step with the scene."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import vtk

from GastricDiffLib import RESEARCH_USE
from GastricDiffLib.app.case import ct_nodes, first_ct, roi_nodes
from GastricDiffLib.app.layout import Layout
from GastricDiffLib.app.messages import Messages
from GastricDiffLib.app.models import Models
from GastricDiffLib.desktop.case_panel import CasePanel
from GastricDiffLib.desktop.classify_panel import ClassifyPanel
from GastricDiffLib.desktop.cohort_panel import CohortPanel
from GastricDiffLib.desktop.dependencies import (
    Dependencies,
    slicer_install,
    slicer_torch_utils,
)
from GastricDiffLib.desktop.dialogs import QtDialogs, QtSettings, agree
from GastricDiffLib.desktop.panel_context import PanelContext
from GastricDiffLib.desktop.parameters import Parameters, describe_widgets
from GastricDiffLib.desktop.result_panel import ResultPanel
from GastricDiffLib.desktop.train_panel import TrainPanel
from GastricDiffLib.log import quiet_libraries
from GastricDiffLib.scene.mrml import MRMLScene


class Panel:
    """All sections over one scene.

    ``ui`` holds the widgets of the ``.ui`` file by name; ``parameter_node`` gives the scene's
    node for the settings, made where there is none.
    """

    def __init__(self, ui: Any, scene: MRMLScene, parameter_node: Callable[[], Any]) -> None:
        # Slicer's log takes every level.
        quiet_libraries()
        self.ui, self._parameter_node = ui, parameter_node
        self._gui: int | None = None
        self._observer: int | None = None
        self._refreshing = False
        dependencies = Dependencies(agree, slicer_install, slicer_torch_utils)
        layout = Layout(scene, lambda: self.result.connect_plots())
        messages = Messages(self._show_message)
        models = Models(QtSettings())
        context = PanelContext(
            *(ui, scene, messages, QtDialogs(), models, layout),
            *(dependencies.ensure, dependencies.installed),
        )
        self.context = context
        self.case = CasePanel(context, self.refresh)
        self.classify = ClassifyPanel(context, lambda: self.case.facts.problem, self._classified)
        self.result = ResultPanel(context)
        self.cohort = CohortPanel(context, lambda: self.case.facts.problem)
        self.train = TrainPanel(context, self.refresh)
        ui.researchUseLabel.text = RESEARCH_USE
        describe_widgets(ui)

    def attach(self) -> None:
        """Bind the widgets to the scene's settings."""
        if self.context.parameters is not None:
            return
        # The decorator gives the class more than its annotations show.
        parameters: Any = Parameters(self._parameter_node())  # type: ignore[call-arg]
        self.context.parameters = parameters
        self._choose_first(parameters)
        self._gui = parameters.connectGui(self.ui)
        self._observer = parameters.AddObserver(vtk.vtkCommand.ModifiedEvent, self._on_settings)
        self.refresh()
        self.context.messages.guarded(self.train.find_again)()

    def detach(self) -> None:
        """Let go of the scene's settings, as it closes or the user goes elsewhere."""
        parameters, self.context.parameters = self.context.parameters, None
        self.case.leave()
        if parameters is not None:
            parameters.disconnectGui(self._gui)
            parameters.RemoveObserver(self._observer)
        self._gui = self._observer = None

    def scene_closes(self) -> None:
        """The scene is about to lose its nodes."""
        self.classify.scene_closes()
        self.case.cleanup()
        self.context.layout.forget()
        self.detach()

    def refresh(self) -> None:
        """Show how things stand, in every section."""
        if self._refreshing:
            return
        self._refreshing = True
        try:
            for section in (self.case, self.classify, self.result, self.cohort, self.train):
                self.context.messages.guarded(section.refresh)()
        finally:
            self._refreshing = False

    def cleanup(self) -> None:
        """Slicer closes: end what runs."""
        for section in (self.case, self.classify, self.cohort, self.train):
            section.cleanup()
        self.detach()

    def _classified(self) -> None:
        self.result.show()
        self.cohort.refresh()

    def _choose_first(self, parameters: Any) -> None:
        """In a scene without settings take the CT and the box that are there."""
        scene = self.context.scene
        if parameters.ct is None:
            parameters.ct = first_ct(scene) or next(ct_nodes(scene), None)
        if parameters.roi is None:
            parameters.roi = next(roi_nodes(scene), None)

    def _on_settings(self, _caller: Any, _event: str) -> None:
        self.refresh()

    def _show_message(self, text: str, is_error: bool) -> None:
        label = self.ui.messageLabel
        label.text = f"⚠ {text}" if is_error and text else text
        label.toolTip = text
        label.visible = bool(text)
