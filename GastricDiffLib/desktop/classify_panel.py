"""The section Classify: model, device, heat, and the one button."""

from __future__ import annotations

from typing import Any

from GastricDiffLib.app.classify import ClassifyLogic
from GastricDiffLib.i18n import _
from GastricDiffLib.app.models import model_card, model_problem
from GastricDiffLib.app.progress import progress_line, show_progress
from GastricDiffLib.desktop.panel_context import Desk
from GastricDiffLib.desktop.timer import Timer
from GastricDiffLib.errors import InputError
from GastricDiffLib.resources import demo_model


class ClassifyPanel:
    """``done`` is called when the scene has a new result; ``problem`` tells of CT and box."""

    def __init__(self, desk: Desk, problem: Any, done: Any) -> None:
        self._desk, self._problem, self._done = desk, problem, done
        self.logic = ClassifyLogic()
        self._timer = Timer(desk.messages, self._look)
        self._filling = False
        guarded = desk.messages.guarded
        desk.ui.classifyButton.clicked.connect(guarded(self.press))
        desk.ui.modelFileButton.clicked.connect(guarded(self.choose_file))
        desk.ui.modelSelector.currentIndexChanged.connect(guarded(self._on_model))

    def refresh(self) -> None:
        self._fill()
        parameters = self._desk.parameters
        path = parameters.model if parameters is not None else ""
        ui = self._desk.ui
        ui.modelCardLabel.text = model_card(path)
        for widget in (ui.modelSelector, ui.modelFileButton, ui.deviceSelector, ui.heatSelector):
            widget.enabled = not self.logic.running
        self._show()

    def press(self) -> None:
        """Classify, or while that runs, cancel."""
        if self.logic.running:
            self.logic.cancel()
            self._show()
            return
        why = self.why_not()
        if why:
            raise InputError(why)
        self._desk.messages.clear()
        self._desk.ensure()
        desk, parameters = self._desk, self._desk.parameters
        self.logic.start(
            desk.scene, desk.ct, desk.roi, parameters.model, parameters.device, parameters.heat
        )
        self._timer.start()
        self.refresh()

    def why_not(self) -> str:
        """Why Classify is disabled, empty where it is not."""
        if self._desk.parameters is None:
            return _("No scene.")
        return self._problem() or model_problem(self._desk.parameters.model)

    def choose_file(self) -> None:
        path = self._desk.dialogs.open_file(_("Choose a model"), _("Models (*.safetensors)"))
        if path:
            self._desk.models.add(path)
            self._desk.parameters.model = path
            self.refresh()

    def scene_closes(self) -> None:
        self.logic.cancel(_("the scene was closed"))

    def cleanup(self) -> None:
        self._timer.stop()
        self.logic.abandon()

    def _look(self) -> None:
        try:
            ending = self.logic.poll()
        except InputError:
            self._timer.stop()
            self.refresh()
            raise
        if ending is None:
            self._show()
            return
        self._timer.stop()
        tell = self._desk.messages.complain if ending.wrong else self._desk.messages.say
        tell(ending.message)
        self.refresh()
        if ending.shown:
            self._done()

    def _show(self) -> None:
        ui, job = self._desk.ui, self.logic.job
        why = "" if job else self.why_not()
        ui.classifyButton.text = _("Cancel") if job else _("Classify")
        ui.classifyButton.enabled = bool(job) or not why
        ui.classifyButton.toolTip = why
        ui.classifyLabel.text = progress_line(job) if job else why
        ui.classifyLabel.visible = bool(ui.classifyLabel.text)
        show_progress(ui.classifyProgress, job)

    def _fill(self) -> None:
        """The models there are; the settings' one is chosen."""
        selector = self._desk.ui.modelSelector
        current = self._desk.parameters.model if self._desk.parameters is not None else ""
        choices = self._desk.models.choices(current)
        shown = [(selector.itemText(n), selector.itemData(n)) for n in range(selector.count)]
        self._filling = True
        try:
            if shown != [(choice.title, choice.path) for choice in choices]:
                selector.clear()
                for choice in choices:
                    selector.addItem(choice.title, choice.path)
            paths = [choice.path for choice in choices]
            selector.currentIndex = paths.index(current) if current in paths else 0
        finally:
            self._filling = False

    def _on_model(self) -> None:
        selector = self._desk.ui.modelSelector
        if self._filling or self._desk.parameters is None or selector.currentIndex < 0:
            return
        path = str(selector.itemData(selector.currentIndex))
        # The bundled model may lie elsewhere where the scene is opened next.
        self._desk.parameters.model = "" if path == str(demo_model()) else path
