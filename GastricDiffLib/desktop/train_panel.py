"""The section Train: settings, one button, and the curves."""

from __future__ import annotations

from typing import Any

import qt  # type: ignore[import-not-found]

from GastricDiffLib.app.choices import SYSTEMS
from GastricDiffLib.scene.curves import find_curves, show_curves
from GastricDiffLib.i18n import _
from GastricDiffLib.app.progress import progress_line, show_progress
from GastricDiffLib.app.train import Plan, TrainLogic, find_report
from GastricDiffLib.desktop.panel_context import Desk
from GastricDiffLib.desktop.paths import show_path
from GastricDiffLib.desktop.timer import Timer
from GastricDiffLib.errors import InputError


class TrainPanel:
    """``trained`` is called when there is a new model."""

    def __init__(self, desk: Desk, trained: Any) -> None:
        self._desk, self._trained = desk, trained
        self.logic = TrainLogic()
        self._timer = Timer(desk.messages, self._look)
        self._filling = False
        ui, guarded = desk.ui, desk.messages.guarded
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
        ui, parameters = self._desk.ui, self._desk.parameters
        if parameters is None:
            return
        show_path(ui.trainingPath, parameters.training)
        show_path(ui.runPath, parameters.run)
        self._fill()
        free = not self.logic.running
        for widget in (
            ui.trainingPath, ui.runPath, ui.epochsSpinBox, ui.sizeSpinBox, ui.trainDeviceSelector,
            ui.widthSpinBox, ui.fieldSpinBox, ui.batchSpinBox, ui.compareCheckBox, ui.systemsList,
            ui.foldsSpinBox,
        ):  # fmt: skip
            widget.enabled = free
        ui.systemSelector.enabled = free and not parameters.compare
        ui.systemsList.visible = parameters.compare
        ui.foldsLabel.visible = ui.foldsSpinBox.visible = parameters.compare
        ui.comparisonButton.visible = parameters.compare
        ui.comparisonButton.enabled = free and find_report(parameters.run) is not None
        ui.curvesButton.enabled = find_curves(self._desk.scene) is not None
        if not self._desk.layout.ours:
            ui.curvesButton.checked = False
        self._show()

    def plan(self) -> Plan:
        """What the settings ask for."""
        p = self._desk.parameters
        systems = tuple(name for name in p.systems.split(",") if name) if p.compare else ()
        return Plan(
            p.training, p.run, p.system, p.epochs, p.size, p.trainDevice, p.width, p.field, p.batch,
            systems, p.folds,
        )  # fmt: skip

    def press(self) -> None:
        """Start; while it runs, stop and keep the best; pressed again, cancel."""
        if self.logic.running:
            self.logic.stop()
            self._show()
            return
        if self._desk.parameters.compare and not self.plan().systems:
            raise InputError("no system chosen", hint="tick at least one to compare")
        self._desk.messages.clear()
        self._desk.ensure()
        self.logic.start(self.plan())
        self._timer.start()
        self.refresh()

    def switch_curves(self) -> None:
        layout, chart = self._desk.layout, find_curves(self._desk.scene)
        if layout.ours or chart is None:
            layout.back()
        else:
            layout.show_curves(chart)
        self._desk.ui.curvesButton.checked = layout.ours

    def open_report(self) -> None:
        """Show the finished comparison's report in the browser."""
        report = find_report(self._desk.parameters.run)
        if report is None:
            raise InputError("no report there", self._desk.parameters.run, "compare first")
        qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(report)))

    def find_again(self) -> None:
        """Take up a training that runs already in the scene's output folder."""
        if self._desk.parameters is not None and self.logic.find(self._desk.parameters.run):
            self._timer.start()
            self.refresh()

    def cleanup(self) -> None:
        self._timer.stop()
        self.logic.abandon()

    def _look(self) -> None:
        ending = self.logic.poll()
        history = self.logic.history()
        if history:
            show_curves(self._desk.scene, history)
        if ending is None:
            self._show()
            if history:
                self.refresh()
            return
        self._timer.stop()
        if ending.model is not None:
            self._desk.models.add(ending.model)
        (self._desk.messages.complain if ending.wrong else self._desk.messages.say)(ending.message)
        self.refresh()
        self._trained()

    def _show(self) -> None:
        ui, job = self._desk.ui, self.logic.job
        comparing = job is not None and job.arguments[0] != "train"
        if not job:
            ui.trainButton.text, why = _("Start"), self.plan().problem()
        elif self.logic.stopping or comparing:
            ui.trainButton.text, why = _("Cancel"), ""
        else:
            ui.trainButton.text, why = _("Stop and keep the best"), ""
        ui.trainButton.enabled = not why
        ui.trainLabel.text = why
        if job:
            stopping = self.logic.stopping and not comparing
            told = _("Stopping after this epoch…") if stopping else progress_line(job)
            ui.trainLabel.text = told
        ui.trainLabel.visible = bool(ui.trainLabel.text)
        show_progress(ui.trainProgress, job)

    def _fill(self) -> None:
        chosen = self._desk.parameters.systems.split(",")
        items = self._desk.ui.systemsList
        self._filling = True
        try:
            for row in range(items.count):
                item = items.item(row)
                checked = item.text() in chosen
                item.setCheckState(qt.Qt.Checked if checked else qt.Qt.Unchecked)
        finally:
            self._filling = False

    def _on_systems(self) -> None:
        if self._filling or self._desk.parameters is None:
            return
        items = self._desk.ui.systemsList
        rows = [items.item(row) for row in range(items.count)]
        ticked = [item.text() for item in rows if item.checkState() == qt.Qt.Checked]
        self._desk.parameters.systems = ",".join(ticked)

    def _on_training(self) -> None:
        if self._desk.parameters is not None:
            self._desk.parameters.training = self._desk.ui.trainingPath.currentPath

    def _on_run(self) -> None:
        if self._desk.parameters is not None:
            self._desk.parameters.run = self._desk.ui.runPath.currentPath
