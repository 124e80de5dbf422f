"""The module's panel: its sections, put together and kept in step with the scene."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import vtk

from GastricDiffLib import RESEARCH_USE
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
from GastricDiffLib.desktop.panel_context import Desk
from GastricDiffLib.desktop.parameters import Parameters, describe_widgets
from GastricDiffLib.desktop.result_panel import ResultPanel
from GastricDiffLib.desktop.train_panel import TrainPanel
from GastricDiffLib.scene.kinds import KIND, nodes_by_class


class Panel:
    """All sections over one scene.

    ``ui`` holds the widgets of the ``.ui`` file by name; ``parameter_node`` gives the scene's
    node for the settings, made where there is none.
    """

    def __init__(self, ui: Any, scene: Any, parameter_node: Callable[[], Any]) -> None:
        self.ui, self._parameter_node = ui, parameter_node
        self._gui: int | None = None
        self._observer: int | None = None
        self._refreshing = False
        dependencies = Dependencies(agree, slicer_install, slicer_torch_utils)
        layout = Layout(scene, lambda: self.result.connect_plots())
        messages = Messages(self._show_message)
        models = Models(QtSettings())
        desk = Desk(ui, scene, messages, QtDialogs(), models, layout, dependencies.ensure)
        self.desk = desk
        self.case = CasePanel(desk, self.refresh)
        self.classify = ClassifyPanel(desk, lambda: self.case.facts.problem, self._classified)
        self.result = ResultPanel(desk)
        self.cohort = CohortPanel(desk, lambda: self.case.facts.problem)
        self.train = TrainPanel(desk, self.refresh)
        ui.researchUseLabel.text = RESEARCH_USE
        describe_widgets(ui)

    def attach(self) -> None:
        """Bind the widgets to the scene's settings."""
        if self.desk.parameters is not None:
            return
        # The decorator gives the class more than its annotations tell.
        parameters: Any = Parameters(self._parameter_node())  # type: ignore[call-arg]
        self.desk.parameters = parameters
        self._choose_first(parameters)
        self._gui = parameters.connectGui(self.ui)
        self._observer = parameters.AddObserver(vtk.vtkCommand.ModifiedEvent, self._on_settings)
        self.refresh()
        self.desk.messages.guarded(self.train.find_again)()

    def detach(self) -> None:
        """Let go of the scene's settings, as it closes or the user goes elsewhere."""
        parameters, self.desk.parameters = self.desk.parameters, None
        self.case.leave()
        if parameters is not None:
            parameters.disconnectGui(self._gui)
            parameters.RemoveObserver(self._observer)
        self._gui = self._observer = None

    def scene_closes(self) -> None:
        """The scene is about to lose its nodes."""
        self.classify.scene_closes()
        self.case.cleanup()
        self.desk.layout.forget()
        self.detach()

    def refresh(self) -> None:
        """Show how things stand, in every section."""
        if self._refreshing:
            return
        self._refreshing = True
        try:
            for section in (self.case, self.classify, self.result, self.cohort, self.train):
                self.desk.messages.guarded(section.refresh)()
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
        if parameters.ct is None:
            parameters.ct = _first(self.desk.scene, "vtkMRMLScalarVolumeNode")
        if parameters.roi is None:
            parameters.roi = _first(self.desk.scene, "vtkMRMLMarkupsROINode")

    def _on_settings(self, _caller: Any, _event: str) -> None:
        self.refresh()

    def _show_message(self, text: str, wrong: bool) -> None:
        label = self.ui.messageLabel
        label.text = f"⚠ {text}" if wrong and text else text
        label.toolTip = text
        label.visible = bool(text)


def _first(scene: Any, node_class: str) -> Any | None:
    """The first node of a class that editors show and that is no result of ours."""
    for node in nodes_by_class(scene, node_class):
        if not node.GetHideFromEditors() and not node.GetAttribute(KIND):
            return node
    return None
