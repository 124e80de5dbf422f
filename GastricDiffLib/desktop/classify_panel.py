"""The section Classify: model, device, heat, and the one button."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from GastricDiffLib.app.classify import ClassifyLogic, ClassifyRequest
from GastricDiffLib.app.models import model_card, model_problem
from GastricDiffLib.app.progress import progress_line
from GastricDiffLib.app.worker_runner import WorkerRunner
from GastricDiffLib.desktop.panel_context import PanelContext
from GastricDiffLib.desktop.progress import show_progress
from GastricDiffLib.desktop.timer import Timer
from GastricDiffLib.errors import InputError
from GastricDiffLib.i18n import _
from GastricDiffLib.resources import demo_model

LOOK_MS = 40
"""Milliseconds between two looks at the worker: an answer takes few hundred."""


class ClassifyPanel:
    """``done`` is called when the scene has a new result; ``problem`` is what CT and box lack."""

    def __init__(
        self, context: PanelContext, problem: Callable[[], str], done: Callable[[], None]
    ) -> None:
        self._context, self._case_problem, self._done = context, problem, done
        self._runner = WorkerRunner()
        self.logic = ClassifyLogic(self._runner)
        self._timer = Timer(context.messages, self._look, every_ms=LOOK_MS)
        self._filling = False
        self._warmed: tuple[str, str] | None = None
        guarded = context.messages.guarded
        context.ui.classifyButton.clicked.connect(guarded(self.press))
        context.ui.modelFileButton.clicked.connect(guarded(self.choose_file))
        context.ui.modelSelector.currentIndexChanged.connect(guarded(self._on_model))

    def refresh(self) -> None:
        self._fill()
        parameters = self._context.parameters
        path = parameters.model if parameters is not None else ""
        ui = self._context.ui
        ui.modelCardLabel.text = model_card(path)
        for widget in (ui.modelSelector, ui.modelFileButton, ui.deviceSelector, ui.heatSelector):
            widget.enabled = not self.logic.running
        self._show()
        self.warm()

    def press(self) -> None:
        """Classify, or while that runs, cancel."""
        if self.logic.running:
            self.logic.cancel()
            self._show()
            return
        problem = self.problem()
        if problem:
            raise InputError(problem)
        self._context.messages.clear()
        self._context.ensure()
        context, parameters = self._context, self._context.parameters
        assert context.ct is not None and context.roi is not None
        self.logic.start(
            ClassifyRequest(
                *(context.scene, context.ct, context.roi),
                *(parameters.model, parameters.device, parameters.heat),
            )
        )
        self._timer.start()
        self.refresh()

    def problem(self) -> str:
        """Why Classify is disabled, empty where it is not."""
        if self._context.parameters is None:
            return _("No scene.")
        return self._case_problem() or model_problem(self._context.parameters.model)

    def choose_file(self) -> None:
        path = self._context.dialogs.open_file(_("Choose a model"), _("Models (*.safetensors)"))
        if path:
            self._context.models.add(path)
            self._context.parameters.model = path
            self.refresh()

    def warm(self) -> None:
        """Have torch and the chosen model loaded before the first click, where they can be.

        Once a CT is chosen: the user is about to classify, not just looking around.
        """
        context, parameters = self._context, self._context.parameters
        if parameters is None or context.ct is None or self.logic.running:
            return
        wanted = (parameters.model, parameters.device)
        if wanted == self._warmed or model_problem(parameters.model):
            return
        self._warmed = wanted
        if context.installed():
            # Why it cannot be started, the click shows.
            with contextlib.suppress(InputError):
                self._runner.warm(parameters.model or demo_model(), parameters.device)

    def scene_closes(self) -> None:
        self.logic.cancel(_("the scene was closed"))
        self.logic.forget_ct()

    def cleanup(self) -> None:
        self._timer.stop()
        self.logic.abandon()

    def _look(self) -> None:
        try:
            outcome = self.logic.poll()
        except InputError:
            self._timer.stop()
            self.refresh()
            raise
        if outcome is None:
            self._show()
            return
        self._timer.stop()
        self._context.messages.outcome(outcome)
        self.refresh()
        if outcome.done:
            self._done()

    def _show(self) -> None:
        ui, running = self._context.ui, self.logic.running
        problem = "" if running else self.problem()
        ui.classifyButton.text = _("Cancel") if running else _("Classify")
        ui.classifyButton.enabled = running or not problem
        ui.classifyButton.toolTip = problem
        ui.classifyLabel.text = progress_line(self.logic.runner) if running else problem
        ui.classifyLabel.visible = bool(ui.classifyLabel.text)
        show_progress(ui.classifyProgress, self.logic.runner)

    def _fill(self) -> None:
        """The models there are; the settings' one is chosen."""
        selector = self._context.ui.modelSelector
        current = self._context.parameters.model if self._context.parameters is not None else ""
        choices = self._context.models.choices(current)
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
        selector = self._context.ui.modelSelector
        if self._filling or self._context.parameters is None or selector.currentIndex < 0:
            return
        path = str(selector.itemData(selector.currentIndex))
        # The bundled model may lie elsewhere where the scene is opened next.
        self._context.parameters.model = "" if path == str(demo_model()) else path
