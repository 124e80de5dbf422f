"""The section Result: vote, table, overlay, layout and report."""

from __future__ import annotations

from typing import Any

import qt  # type: ignore[import-not-found]
import slicer

from GastricDiffLib.i18n import _
from GastricDiffLib.app.report import REPORT, write_report
from GastricDiffLib.app.result import (
    chosen_row,
    dress_overlay,
    jump_to,
    slice_rows,
    vote_text,
)
from GastricDiffLib.desktop.panel_context import Desk
from GastricDiffLib.errors import InputError
from GastricDiffLib.results.case_result import CaseResult
from GastricDiffLib.scene import find_results, result_from_nodes


class ResultPanel:
    """Shows the result of the chosen CT as the scene holds it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._result: CaseResult | None = None
        self._shown: Any = self  # nothing yet, which is not the same as no result
        self._dressed: Any = None
        self._plots: list[Any] = []
        guarded = desk.messages.guarded
        table = desk.ui.sliceTable
        table.itemSelectionChanged.connect(guarded(self._on_row))
        desk.ui.layoutButton.clicked.connect(guarded(self.switch_layout))
        desk.ui.reportButton.clicked.connect(guarded(self.report))

    def refresh(self) -> None:
        ui, ct = self._desk.ui, self._desk.ct
        nodes = find_results(ct) if ct is not None else None
        # Reading a result takes a moment; a box being dragged asks ten times a second.
        key = (ct, nodes.slices.GetMTime(), nodes.case.GetMTime()) if nodes else None
        if key != self._shown:
            self._shown, self._result = key, None
            try:
                self._result = result_from_nodes(ct) if nodes else None
            finally:
                self._fill()
        for widget in (
            ui.sliceTable, ui.overlayCheckBox, ui.opacityLabel, ui.opacitySlider,
            ui.thresholdLabel, ui.thresholdSlider, ui.reportButton, ui.layoutButton,
        ):  # fmt: skip
            widget.visible = self._result is not None
        if not self._desk.layout.ours:
            ui.layoutButton.checked = False
        self._overlay()

    def show(self) -> None:
        """A new result is there: unfold it, lay the heat over the CT as the settings say."""
        self._desk.ui.resultSection.collapsed = False
        self._shown = self
        self.refresh()

    def switch_layout(self) -> None:
        layout, nodes = self._desk.layout, self._nodes()
        if layout.ours or nodes is None:
            layout.back()
        else:
            layout.show_result(nodes.chart, nodes.slices)
        self._desk.ui.layoutButton.checked = layout.ours

    def report(self) -> None:
        parent = self._desk.dialogs.folder(_("Choose a folder for the report"))
        if not parent:
            return
        if self._desk.ct is None:
            raise InputError("no CT", hint="choose a CT first")
        self._desk.ensure()
        folder = write_report(parent, self._desk.ct)
        self._desk.messages.say(_("Report written: {path}").format(path=folder))
        qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(folder / REPORT)))

    def connect_plots(self) -> None:
        """Listen to clicks in the plot views that the layout shows now."""
        manager = slicer.app.layoutManager()
        if manager is None:
            return
        for number in range(manager.plotViewCount):
            view = manager.plotWidget(number).plotView()
            if view not in self._plots:
                self._plots.append(view)
                guarded = self._desk.messages.guarded
                view.dataSelected.connect(guarded(self._on_point, passing=True))

    def _nodes(self) -> Any | None:
        return find_results(self._desk.ct) if self._desk.ct is not None else None

    def _fill(self) -> None:
        ui, result = self._desk.ui, self._result
        ui.voteLabel.text = vote_text(result) if result else _("No result for this CT yet.")
        table = ui.sliceTable
        rows = slice_rows(result) if result else []
        blocked = table.blockSignals(True)
        try:
            table.clearSelection()
            table.rowCount = len(rows)
            for row, cells in enumerate(rows):
                for column, text in enumerate(cells):
                    table.setItem(row, column, qt.QTableWidgetItem(text))
            table.resizeColumnsToContents()
        finally:
            table.blockSignals(blocked)

    def _overlay(self) -> None:
        parameters = self._desk.parameters
        if self._result is None or parameters is None:
            return
        wanted = (parameters.overlay, parameters.opacity, parameters.threshold)
        # Only when it changes: the user may have arranged the views' layers by hand since.
        if (self._shown, wanted) != self._dressed:
            self._dressed = (self._shown, wanted)
            dress_overlay(self._desk.scene, *wanted)

    def _on_row(self) -> None:
        row = self._desk.ui.sliceTable.currentRow()
        if self._result is not None and 0 <= row < len(self._result.p):
            jump_to(self._desk.scene, self._desk.ct, self._result.position_mm[row])

    def _on_point(self, series_ids: Any, selections: Any) -> None:
        if self._desk.ct is None:
            return
        row = chosen_row(self._desk.ct, series_ids, selections)
        if row is not None and self._result is not None and row < len(self._result.p):
            # Selecting the row jumps there.
            self._desk.ui.sliceTable.selectRow(row)
