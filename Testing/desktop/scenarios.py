"""Radiologist, coordinator and researcher at work: the module's self-test, with real buttons.

They run in Slicer, as the module's test, and beside it over a stand-in for its widgets.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import slicer

from GastricDiffLib import CLASSES
from GastricDiffLib.app.cohort import open_in_scene
from GastricDiffLib.app.cohort_table import CohortTable
from GastricDiffLib.ct.io.markups import write_roi
from GastricDiffLib.ct.io.writing import write_nrrd
from GastricDiffLib.phantom import make_case
from GastricDiffLib.scene import find_results, load_scene, roi_from_node, save_scene
from GastricDiffLib.scene.curves import find_curves
from GastricDiffLib.scene.kinds import KIND, nodes_by_class


def radiologist(widget: Any) -> None:
    """Sample data, box, Classify, Cancel, Classify; saved and opened again."""
    ui, panel, scene = widget.ui, widget.panel, slicer.mrmlScene
    check(not ui.classifyButton.enabled, "Classify waits for a CT")
    check("CT" in ui.classifyLabel.text, "the line below Classify names what it waits for")
    ct = sample()
    ui.ctSelector.setCurrentNode(ct)
    check("box" in ui.classifyLabel.text, "the line below Classify names the missing box")
    ui.placeButton.click()
    roi = ui.roiSelector.currentNode()
    check(roi is not None, "one click makes a box")
    if scene.GetSingletonNode("Red", "vtkMRMLSliceNode") is None:  # no views, no window
        roi.SetCenter(case_center())
    away = max(abs(a - b) for a, b in zip(roi.GetCenter(), case_center(), strict=True))
    check(away < 1, "the sample opens at its tumour, and the box is put there")
    move_face(roi, 5.0)
    wait(lambda: "cuts" in ui.boxFactsLabel.text, "the panel shows what the box cuts")
    wait(lambda: ui.classifyButton.enabled, "Classify is ready")

    ui.classifyButton.click()
    wait(lambda: ui.classifyButton.text == "Cancel", "Classify becomes Cancel")
    ui.classifyButton.click()
    wait(lambda: not panel.classify.logic.running, "it can be cancelled")
    check(find_results(ct) is None, "a cancelled classification leaves no result")
    check("Cancelled" in ui.messageLabel.text, "the panel reports that it was cancelled")

    classify(widget, ct)
    check(count_results() == RESULT_NODES, "the scene holds exactly one set of results")
    result = find_results(ct)
    assert result is not None
    check(ui.sliceTable.rowCount == result.slices.GetNumberOfRows(), "the table is filled")
    vote = ui.voteLabel.text
    ui.sliceTable.selectRow(1)
    position = result.slices.GetTable().GetValueByName(1, "position_mm").ToDouble()
    red = scene.GetSingletonNode("Red", "vtkMRMLSliceNode")
    if red is not None:  # a test run without a main window has no views
        check(abs(red.GetSliceOffset() - position) < 0.01, "a row jumps the slice views")
        ui.layoutButton.click()
        check(ui.layoutButton.checked, "plot and table are shown")
        ui.layoutButton.click()
        check(not ui.layoutButton.checked, "and the slices alone again")
    ui.opacitySlider.value = 0.75
    ui.thresholdSlider.value = 0.4
    ui.deviceSelector.currentIndex = 1

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scene.mrb"
        save_scene(scene, path)
        scene.Clear(False)
        check(count_results() == 0, "the scene is empty")
        check(not ui.classifyButton.enabled, "an empty scene has nothing to classify")
        load_scene(path, scene)
    wait(lambda: ui.voteLabel.text == vote, "the result is back")
    check(abs(ui.opacitySlider.value - 0.75) < 1e-6, "the opacity is back")
    check(abs(ui.thresholdSlider.value - 0.4) < 1e-6, "the threshold is back")
    check(ui.deviceSelector.currentText == "cpu", "the device is back")
    check(count_results() == RESULT_NODES, "there is one set of results still")


def coordinator(widget: Any) -> None:
    """Five cases, one of them broken, then three more: labelled, exported, continued."""
    ui, panel = widget.ui, widget.panel
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_phantoms(folder / "hospital", range(1, 6))
        broken = folder / "hospital" / "case-5.nrrd"
        broken.write_bytes(broken.read_bytes()[:-1000])
        fill_cohort(widget, folder, 5)
        check(state(ui, 0) == "no label", "a case shows what it lacks")
        ui.exportButton.click()
        check("not ready" in ui.messageLabel.text, "an export without labels is refused")
        label_all(ui)
        check(state(ui, 0) == "ready", "a labelled case is ready")
        export(widget)
        check("too few cases" in ui.messageLabel.text, "that five cases are too few is reported")

        write_phantoms(folder / "hospital" / "more", range(6, 9))
        fill_cohort(widget, folder, 8)
        label_all(ui)
        ui.exportButton.click()
        wait(lambda: ui.exportButton.text == "Cancel", "Export becomes Cancel")
        ui.exportButton.click()
        wait(lambda: not panel.cohort.export.running, "the export can be cancelled")
        export(widget)
        states = [state(ui, row) for row in range(8)]
        check(states.count("exported") == 7, f"seven cases are exported: {states}")
        check(states[4].startswith("skipped"), f"the broken one is not: {states}")
        check("case-5" in ui.messageLabel.text, "the message names the broken case")
        check("skipped" in (folder / "cohort.csv").read_text(), "the file keeps the states")

        ui.cohortTable.selectRow(1)
        ui.openCaseButton.click()
        check(ui.ctSelector.currentNode().GetName() == "case-2", "a case opens in the scene")
        wait(lambda: "cuts" in ui.boxFactsLabel.text, "with its box")
        ui.addCaseButton.click()
        check(ui.cohortTable.rowCount == 9, "the current case is added")
        ui.cohortTable.selectRow(8)
        ui.removeCaseButton.click()
        check(ui.cohortTable.rowCount == 8, "and removed")
        release(widget)


def researcher(widget: Any) -> None:
    """A training that is stopped when it has shown some epochs; its model classifies."""
    ui, panel = widget.ui, widget.panel
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = write_dataset(folder)
        ui.trainingPath.currentPath = str(folder / "dataset")
        ui.runPath.currentPath = str(folder / "run")
        ui.epochsSpinBox.value, ui.sizeSpinBox.value = 200, 32
        ui.widthSpinBox.value, ui.batchSizeSpinBox.value = 0.125, 32
        wait(lambda: ui.trainButton.enabled, "the training can start")
        ui.trainButton.click()
        wait(lambda: panel.train.logic.running, "the training starts")
        widget.exit()
        widget.enter()
        check(panel.train.logic.running, "it goes on while another module is shown")
        wait(lambda: points(slicer.mrmlScene) >= 2, "curve points arrive")
        ui.curvesButton.click()
        ui.curvesButton.click()
        ui.trainButton.click()
        wait(lambda: not panel.train.logic.running, "it stops")
        model = folder / "run" / "model.safetensors"
        check(model.is_file(), f"the best model is kept: {ui.messageLabel.text}")

        paths = [ui.modelSelector.itemData(n) for n in range(ui.modelSelector.count)]
        check(str(model) in paths, "the model is in the selector")
        ui.modelSelector.currentIndex = paths.index(str(model))
        check("4 train" in ui.modelCardLabel.text, "its card shows its cohort")
        ct, roi = open_in_scene(slicer.mrmlScene, table.cases[0])
        ui.ctSelector.setCurrentNode(ct)
        ui.roiSelector.setCurrentNode(roi)
        wait(lambda: ui.classifyButton.enabled, "Classify is ready")
        classify(widget, ct)
        release(widget)


SCENARIOS = (radiologist, coordinator, researcher)
RESULT_NODES = 8


class Chosen:
    """Dialogs answered beforehand."""

    def __init__(self, answer: Path) -> None:
        self._answer = str(answer)

    def open_file(self, title: str, kinds: str) -> str:
        return self._answer

    def folder(self, title: str) -> str:
        return self._answer


def check(truth: Any, what: str) -> None:
    """Fail with the sentence that does not hold."""
    if not truth:
        raise AssertionError(f"does not hold: {what}")


def wait(truth: Callable[[], Any], what: str, seconds: float = 600) -> None:
    """Let Slicer work until something holds."""
    end = time.monotonic() + seconds
    while not truth():
        check(time.monotonic() < end, what)
        slicer.app.processEvents()
        time.sleep(0.01)


def sample() -> Any:
    """The sample data's volume node, by the way that the module Sample Data takes."""
    sources = slicer.modules.sampleDataSources["GastricDiff"]
    source = next(one for one in sources if one.sampleName == "GastricDiffPhantom")
    return source.customDownloader(source)


def case_center() -> tuple[float, float, float]:
    """The middle of the sample's tumour, RAS in mm."""
    from GastricDiffLib.app.sample import tumour_center

    return tumour_center()


def move_face(roi: Any, by_mm: float) -> None:
    """Drag the box's right face outwards, as its handle does."""
    size, center = list(roi.GetSize()), list(roi.GetCenter())
    size[0] += by_mm
    center[0] += by_mm / 2
    roi.SetSize(size)
    roi.SetCenter(center)


def classify(widget: Any, ct: Any) -> None:
    """Click Classify and wait for the result."""
    widget.ui.classifyButton.click()
    check(widget.panel.classify.logic.running, widget.ui.messageLabel.text or "it starts")
    wait(lambda: not widget.panel.classify.logic.running, "the classification ends")
    check(find_results(ct) is not None, widget.ui.messageLabel.text)
    check(roi_from_node(widget.ui.roiSelector.currentNode()), "the box is there still")


def count_results() -> int:
    nodes = nodes_by_class(slicer.mrmlScene, "vtkMRMLNode")
    return sum(node.GetAttribute(KIND) is not None for node in nodes)


def points(scene: Any) -> int:
    """How many epochs the curves show."""
    chart = find_curves(scene)
    return chart.GetNthPlotSeriesNode(0).GetTableNode().GetNumberOfRows() if chart else 0


def state(ui: Any, row: int) -> str:
    """What the cohort's table shows of a case."""
    return str(ui.cohortTable.item(row, 2).text())


def label_all(ui: Any) -> None:
    """Type a label into every row, the two classes in turn."""
    for row in range(ui.cohortTable.rowCount):
        ui.cohortTable.item(row, 1).setText(CLASSES[row % 2])


def export(widget: Any) -> None:
    """Click Export and wait for its end."""
    widget.ui.exportButton.click()
    check(widget.panel.cohort.export.running, widget.ui.messageLabel.text or "it starts")
    wait(lambda: not widget.panel.cohort.export.running, "the export ends")


def write_phantoms(folder: Path, numbers: range) -> None:
    """Coarse phantoms as a hospital would hand them over: a CT and a box each."""
    folder.mkdir()
    for number in numbers:
        case = make_case((number - 1) % 2, 700 + number, 0.0, coarsen=3.0)
        write_nrrd(folder / f"case-{number}.nrrd", case.volume, case.grid)
        write_roi(folder / f"case-{number}.mrk.json", [case.roi])


def write_dataset(folder: Path) -> CohortTable:
    """A dataset of six phantoms in ``folder / "dataset"``; the cohort that it was made from."""
    from GastricDiffLib.cohort.export import export_cases

    write_phantoms(folder / "hospital", range(1, 7))
    table = CohortTable(folder / "cohort.csv")
    table.add_folder(folder / "hospital")
    for row, case in enumerate(table.cases):
        case.label, case.split = CLASSES[row % 2], "train" if row < 4 else "val"
    table.save()
    # In this process: Slicer's own executable cannot be the interpreter of another.
    export_cases(table.path, folder / "dataset", workers=1)
    return table


def fill_cohort(widget: Any, folder: Path, count: int) -> None:
    """Choose the files of a cohort and add a folder of cases."""
    ui, context = widget.ui, widget.panel.context
    ui.cohortPath.currentPath = str(folder / "cohort.csv")
    ui.datasetPath.currentPath = str(folder / "dataset")
    dialogs, context.dialogs = context.dialogs, Chosen(folder / "hospital")
    try:
        ui.addFolderButton.click()
    finally:
        context.dialogs = dialogs
    check(ui.cohortTable.rowCount == count, ui.messageLabel.text)


def release(widget: Any) -> None:
    """Let go of files that are about to be removed."""
    for edit in ("cohortPath", "datasetPath", "trainingPath", "runPath"):
        getattr(widget.ui, edit).currentPath = ""
    widget.panel.context.parameters.model = ""
