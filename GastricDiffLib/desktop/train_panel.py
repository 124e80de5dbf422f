"""The section Train: settings, one button, and the curves."""

from __future__ import annotations

from collections.abc import Callable

import qt  # type: ignore[import-not-found]

from GastricDiffLib.app.progress import progress_line
from GastricDiffLib.app.train import TrainLogic, TrainRequest, find_report
from GastricDiffLib.desktop.panel_context import PanelContext
from GastricDiffLib.desktop.parameters import setting_widgets, training_settings
from GastricDiffLib.desktop.paths import show_path
from GastricDiffLib.desktop.progress import show_progress
from GastricDiffLib.desktop.timer import Timer
from GastricDiffLib.errors import InputError
from GastricDiffLib.i18n import _
from GastricDiffLib.nets.systems import SYSTEMS
from GastricDiffLib.scene.curves import find_curves, show_curves


class TrainPanel:
    """``trained`` is called when there is a new model."""

    def __init__(self, context: PanelContext, trained: Callable[[], None]) -> None:
        self._context, self._trained = context, trained
        self.logic = TrainLogic()
        self._timer = Timer(context.messages, self._look)
        self._filling = False
        ui, guarded = context.ui, context.messages.guarded
        for name in SYSTEMS:
            item = qt.QListWidgetItem(name)
            item.setFlags(qt.Qt.ItemIsUserCheckable | qt.Qt.ItemIsEnabled)
            item.setCheckState(qt.Qt.Checked)
            ui.systemsList.addItem(item)
        ui.systemsList.itemChanged.connect(guarded(self._on_systems))
        ui.trainingPath.currentPathChanged.connect(guarded(self._on_training))
        ui.runPath.currentPathChanged.connect(guarded(self._on_run))
        ui.trainButton.clicked.connect(guarded(self.press))
        ui.curvesButton.clicked.connect(guarded(self.switch_curves))
        ui.comparisonButton.clicked.connect(guarded(self.open_report))

    def refresh(self) -> None:
        ui, parameters = self._context.ui, self._context.parameters
        if parameters is None:
            return
        show_path(ui.trainingPath, parameters.training)
        show_path(ui.runPath, parameters.run)
        self._fill()
        free = not self.logic.running
        for widget in (
            ui.trainingPath, ui.runPath, ui.trainDeviceSelector, ui.compareCheckBox,
            ui.systemsList, ui.foldsSpinBox, *setting_widgets(ui).values(),
        ):  # fmt: skip
            widget.enabled = free
        ui.systemSelector.enabled = free and not parameters.compare
        ui.systemsList.visible = parameters.compare
        ui.foldsLabel.visible = ui.foldsSpinBox.visible = parameters.compare
        ui.comparisonButton.visible = parameters.compare
        ui.comparisonButton.enabled = free and find_report(parameters.run) is not None
        ui.curvesButton.enabled = find_curves(self._context.scene) is not None
        if not self._context.layout.ours:
            ui.curvesButton.checked = False
        self._show()

    def request(self) -> TrainRequest:
        """What the panel asks for."""
        p = self._context.parameters
        systems = tuple(name for name in p.systems.split(",") if name) if p.compare else ()
        settings = training_settings(p)
        return TrainRequest(p.training, p.run, settings, p.trainDevice, systems, p.folds)

    def press(self) -> None:
        """Start; while it runs, stop and keep the best; pressed again, cancel."""
        if self.logic.running:
            self.logic.stop()
            self._show()
            return
        if self._context.parameters.compare and not self.request().systems:
            raise InputError("no system chosen", hint="tick at least one to compare")
        self._context.messages.clear()
        self._context.ensure()
        self.logic.start(self.request())
        self._timer.start()
        self.refresh()

    def switch_curves(self) -> None:
        layout, chart = self._context.layout, find_curves(self._context.scene)
        if layout.ours or chart is None:
            layout.back()
        else:
            layout.show_curves(chart)
        self._context.ui.curvesButton.checked = layout.ours

    def open_report(self) -> None:
        """Show the finished comparison's report in the browser."""
        report = find_report(self._context.parameters.run)
        if report is None:
            raise InputError("no report there", self._context.parameters.run, "compare first")
        qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(report)))

    def find_again(self) -> None:
        """Take up a training that runs already in the scene's output folder."""
        if self._context.parameters is not None and self.logic.find(self._context.parameters.run):
            self._timer.start()
            self.refresh()

    def cleanup(self) -> None:
        self._timer.stop()
        self.logic.abandon()

    def _look(self) -> None:
        outcome = self.logic.poll()
        history = self.logic.history()
        if history:
            show_curves(self._context.scene, history)
        if outcome is None:
            self._show()
            if history:
                self.refresh()
            return
        self._timer.stop()
        if outcome.made is not None:
            self._context.models.add(outcome.made)
        self._context.messages.outcome(outcome)
        self.refresh()
        self._trained()

    def _show(self) -> None:
        ui, logic = self._context.ui, self.logic
        problem = "" if logic.running else self.request().problem()
        if not logic.running:
            ui.trainButton.text = _("Start")
        elif logic.stopping or logic.comparing:
            ui.trainButton.text = _("Cancel")
        else:
            ui.trainButton.text = _("Stop and keep the best")
        ui.trainButton.enabled = not problem
        if logic.running and logic.stopping and not logic.comparing:
            ui.trainLabel.text = _("Stopping after this epoch…")
        else:
            ui.trainLabel.text = progress_line(logic.runner) or problem
        ui.trainLabel.visible = bool(ui.trainLabel.text)
        show_progress(ui.trainProgress, logic.runner)

    def _fill(self) -> None:
        chosen = self._context.parameters.systems.split(",")
        items = self._context.ui.systemsList
        self._filling = True
        try:
            for row in range(items.count):
                item = items.item(row)
                checked = item.text() in chosen
                item.setCheckState(qt.Qt.Checked if checked else qt.Qt.Unchecked)
        finally:
            self._filling = False

    def _on_systems(self) -> None:
        if self._filling or self._context.parameters is None:
            return
        items = self._context.ui.systemsList
        rows = [items.item(row) for row in range(items.count)]
        ticked = [item.text() for item in rows if item.checkState() == qt.Qt.Checked]
        self._context.parameters.systems = ",".join(ticked)

    def _on_training(self) -> None:
        if self._context.parameters is not None:
            self._context.parameters.training = self._context.ui.trainingPath.currentPath

    def _on_run(self) -> None:
        if self._context.parameters is not None:
            self._context.parameters.run = self._context.ui.runPath.currentPath
