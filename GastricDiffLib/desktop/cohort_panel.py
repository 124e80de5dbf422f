"""The section Cohort: a table of labelled cases, and its export."""

from __future__ import annotations

from collections.abc import Callable

import qt  # type: ignore[import-not-found]
import slicer

from GastricDiffLib.app.cohort import (
    ExportLogic,
    add_from_scene,
    is_dataset,
    open_in_scene,
    unfinished,
)
from GastricDiffLib.app.cohort_table import CohortTable
from GastricDiffLib.app.progress import progress_line
from GastricDiffLib.desktop.panel_context import PanelContext
from GastricDiffLib.desktop.paths import show_path
from GastricDiffLib.desktop.progress import show_progress
from GastricDiffLib.desktop.timer import Timer
from GastricDiffLib.errors import InputError
from GastricDiffLib.i18n import _
from GastricDiffLib.scene.layout import jump_slices

COLUMNS = ("case_id", "label", "state", "patient_id")
WIDEST_STATE = 110
"""Pixels; the whole of a long fault is in the tooltip."""


class CohortPanel:
    """``problem`` is what keeps the current case from being added."""

    def __init__(self, context: PanelContext, problem: Callable[[], str]) -> None:
        self._context, self._problem = context, problem
        self.table: CohortTable | None = None
        self.export = ExportLogic()
        self._timer = Timer(context.messages, self._look)
        self._filling = False
        self._shown = ""
        ui, guarded = context.ui, context.messages.guarded
        ui.cohortPath.currentPathChanged.connect(guarded(self._on_path))
        ui.datasetPath.currentPathChanged.connect(guarded(self._on_dataset))
        ui.addCaseButton.clicked.connect(guarded(self.add_case))
        ui.addFolderButton.clicked.connect(guarded(self.add_folder))
        ui.openCaseButton.clicked.connect(guarded(self.open_case))
        ui.removeCaseButton.clicked.connect(guarded(self.remove_case))
        ui.exportButton.clicked.connect(guarded(self.press_export))
        ui.cohortTable.cellChanged.connect(guarded(self._on_cell, passing=True))
        ui.cohortTable.itemSelectionChanged.connect(guarded(self.refresh))

    def refresh(self) -> None:
        ui, parameters = self._context.ui, self._context.parameters
        if parameters is None:
            return
        show_path(ui.cohortPath, parameters.cohort)
        show_path(ui.datasetPath, parameters.dataset)
        if parameters.cohort != self._shown and not self.export.running:
            self._shown, self.table = parameters.cohort, None
            self._fill()
            # Not before it is typed to its end.
            if parameters.cohort.lower().endswith(".csv"):
                self.table = CohortTable.open(parameters.cohort)
                self._fill()
        chosen = 0 <= ui.cohortTable.currentRow() < len(self.table.cases if self.table else [])
        free = not self.export.running
        ui.cohortPath.enabled = ui.datasetPath.enabled = free
        ui.addCaseButton.enabled = free and not self._problem()
        ui.addCaseButton.toolTip = self._problem() or _(
            "Copy the current CT and box to the cohort, with this label."
        )
        ui.addFolderButton.enabled = free
        ui.openCaseButton.enabled = chosen
        ui.removeCaseButton.enabled = chosen and free
        self._show()

    def add_case(self) -> None:
        table, parameters = self._table(), self._context.parameters
        case = add_from_scene(table, self._context.ct, self._context.roi, parameters.label)
        self._fill()
        self._context.messages.info(_("Added as {case}.").format(case=case.case_id))
        self.refresh()

    def add_folder(self) -> None:
        table = self._table()
        folder = self._context.dialogs.folder(_("Choose a folder with CTs and boxes"))
        if not folder:
            return
        count = table.add_folder(folder)
        table.save()
        self._fill()
        self._context.messages.info(_("{count} cases added.").format(count=count))
        self.refresh()

    def open_case(self) -> None:
        case = self._table().cases[self._row()]
        ct, roi = open_in_scene(self._context.scene, case)
        self._context.parameters.ct, self._context.parameters.roi = ct, roi
        # The heat of the case before has no place over this one.
        slicer.util.setSliceViewerLayers(background=ct, foreground=None, fit=True)
        jump_slices(self._context.scene, roi.GetCenterWorld())
        self._context.messages.info(_("{case} is open above.").format(case=case.case_id))

    def remove_case(self) -> None:
        table = self._table()
        del table.cases[self._row()]
        table.save()
        self._fill()
        self.refresh()

    def press_export(self) -> None:
        """Export, or while that runs, cancel."""
        if self.export.running:
            self.export.cancel()
            return
        table = self._table()
        table.require_complete()
        self._context.ensure()
        self._context.messages.clear()
        self.export.start(table, self._context.parameters.dataset)
        self._timer.start()
        self.refresh()

    def cleanup(self) -> None:
        self._timer.stop()
        self.export.cancel()

    def _table(self) -> CohortTable:
        if self.table is None:
            raise InputError("no cohort file", hint="name a .csv at File, a new one will do")
        return self.table

    def _row(self) -> int:
        row = self._context.ui.cohortTable.currentRow()
        if not 0 <= row < len(self._table().cases):
            raise InputError("no case chosen", hint="click a row of the table")
        return int(row)

    def _look(self) -> None:
        outcome = self.export.poll()
        if outcome is None:
            self._show()
            return
        self._timer.stop()
        self._context.messages.outcome(outcome)
        self._fill()
        parameters = self._context.parameters
        if parameters is not None and not parameters.training and is_dataset(parameters.dataset):
            parameters.training = parameters.dataset
        self.refresh()

    def _show(self) -> None:
        ui, running, parameters = self._context.ui, self.export.running, self._context.parameters
        again = parameters is not None and unfinished(parameters.dataset)
        ui.exportButton.text = (
            _("Cancel") if running else _("Continue export") if again else _("Export")
        )
        ui.exportButton.enabled = running or bool(self.table and self.table.cases)
        ui.exportLabel.text = progress_line(self.export.runner)
        ui.exportLabel.visible = running
        show_progress(ui.exportProgress, self.export.runner)

    def _fill(self) -> None:
        grid, cases = self._context.ui.cohortTable, self.table.cases if self.table else []
        self._filling = True
        try:
            grid.rowCount = len(cases)
            for row, case in enumerate(cases):
                texts = (case.case_id, case.label, case.status(), case.patient_id)
                for column, text in enumerate(texts):
                    item = qt.QTableWidgetItem(text)
                    item.setToolTip(text)
                    if COLUMNS[column] == "state":
                        item.setFlags(qt.Qt.ItemIsSelectable | qt.Qt.ItemIsEnabled)
                    grid.setItem(row, column, item)
            grid.resizeColumnsToContents()
            state = COLUMNS.index("state")
            grid.setColumnWidth(state, min(grid.columnWidth(state), WIDEST_STATE))
        finally:
            self._filling = False

    def _on_cell(self, row: int, column: int) -> None:
        if self._filling or self.table is None or COLUMNS[column] == "state":
            return
        try:
            text = self._context.ui.cohortTable.item(row, column).text()
            self.table.edit(row, COLUMNS[column], text)
            self.table.save()
        finally:
            self._fill()

    def _on_path(self) -> None:
        if self._context.parameters is not None:
            self._context.parameters.cohort = self._context.ui.cohortPath.currentPath

    def _on_dataset(self) -> None:
        if self._context.parameters is not None:
            self._context.parameters.dataset = self._context.ui.datasetPath.currentPath
