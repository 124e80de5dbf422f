"""The section Result: vote, table, overlay, layout and report."""

from __future__ import annotations

from typing import Any

import qt  # type: ignore[import-not-found]
import slicer
from vtkmodules.vtkCommonCore import vtkStringArray

from GastricDiffLib.app.report import REPORT, write_report
from GastricDiffLib.app.result import ShownResult, chosen_row, slice_rows, vote_text
from GastricDiffLib.desktop.panel_context import PanelContext
from GastricDiffLib.errors import InputError
from GastricDiffLib.i18n import _
from GastricDiffLib.scene import ResultNodes, find_results
from GastricDiffLib.scene.mrml import SelectedPoints


class ResultPanel:
    """Shows the result of the chosen CT as the scene holds it."""

    def __init__(self, context: PanelContext) -> None:
        self._context = context
        self._shown = ShownResult(context.scene)
        self._overlay_set: object = None
        self._plots: list[Any] = []
        guarded = context.messages.guarded
        table = context.ui.sliceTable
        table.itemSelectionChanged.connect(guarded(self._on_row))
        context.ui.layoutButton.clicked.connect(guarded(self.switch_layout))
        context.ui.reportButton.clicked.connect(guarded(self.report))

    def refresh(self) -> None:
        ui, ct = self._context.ui, self._context.ct
        # A box being dragged asks ten times a second.
        if self._shown.changed(ct):
            try:
                self._shown.read(ct, self._context.roi)
            finally:
                self._fill()
                self._overlay_set = None
        for widget in (
            ui.sliceTable, ui.overlayCheckBox, ui.opacityLabel, ui.opacitySlider,
            ui.thresholdLabel, ui.thresholdSlider, ui.reportButton, ui.layoutButton,
        ):  # fmt: skip
            widget.visible = self._shown.result is not None
        if not self._context.layout.ours:
            ui.layoutButton.checked = False
        self._overlay()

    def show(self) -> None:
        """A new result is there: unfold it, lay the heat over the CT by the settings."""
        self._context.ui.resultSection.collapsed = False
        self._shown.forget()
        self.refresh()

    def switch_layout(self) -> None:
        layout, nodes = self._context.layout, self._nodes()
        if layout.ours or nodes is None:
            layout.back()
        else:
            layout.show_result(nodes.chart, nodes.slices)
        self._context.ui.layoutButton.checked = layout.ours

    def report(self) -> None:
        parent = self._context.dialogs.folder(_("Choose a folder for the report"))
        if not parent:
            return
        if self._context.ct is None:
            raise InputError("no CT", hint="choose a CT first")
        self._context.ensure()
        folder = write_report(parent, self._context.ct)
        self._context.messages.info(_("Report written: {path}").format(path=folder))
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
                guarded = self._context.messages.guarded
                view.dataSelected.connect(guarded(self._on_point, passing=True))

    def _nodes(self) -> ResultNodes | None:
        return find_results(self._context.ct) if self._context.ct is not None else None

    def _fill(self) -> None:
        ui, result = self._context.ui, self._shown.result
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
        parameters = self._context.parameters
        if self._shown.result is None or parameters is None:
            return
        wanted = (parameters.overlay, parameters.opacity, parameters.threshold)
        # Only when it changes: the user may have arranged the views' layers by hand since.
        if wanted != self._overlay_set:
            self._overlay_set = wanted
            self._shown.set_overlay(*wanted)

    def _on_row(self) -> None:
        self._shown.jump(self._context.ui.sliceTable.currentRow())

    def _on_point(self, series_ids: vtkStringArray, selections: SelectedPoints) -> None:
        ct, result = self._context.ct, self._shown.result
        if ct is None or result is None:
            return
        row = chosen_row(ct, series_ids, selections)
        if row is not None and row < len(result.p):
            # Selecting the row jumps there.
            self._context.ui.sliceTable.selectRow(row)
