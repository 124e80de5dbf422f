"""The module in a stand-in for Slicer's desktop: its file, its panel, its users at work."""

from __future__ import annotations

import logging
import subprocess
import sys
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

if find_spec("PySide6") is None:
    pytest.skip("needs PySide6", allow_module_level=True)
from slicer_standin import check_ui, grab, open_module

from GastricDiffLib.nets import SYSTEMS
from GastricDiffLib.results.heat_kinds import HEAT_KINDS
from GastricDiffLib.train.config import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
MODULE = ROOT / "GastricDiff" / "GastricDiff.py"
HEAVY = "torch sklearn matplotlib safetensors tqdm scipy PIL threadpoolctl"


def _open_case(desktop, work):
    """The sample CT with a box around its tumour, ready to classify; (CT node, ROI node)."""
    ui = desktop.panel.ui
    ct = work.sample()
    ui.ctSelector.setCurrentNode(ct)
    ui.placeButton.click()
    desktop.wait_until(lambda: ui.classifyButton.enabled)
    return ct, ui.roiSelector.currentNode()


def test_the_ui_file_uses_nothing_that_slicer_lacks():
    assert check_ui(ROOT / "Resources" / "UI" / "GastricDiff.ui") == []


@pytest.mark.parametrize("user", ["radiologist", "coordinator", "researcher"])
def test_a_day_at_work(desktop, work, user):
    getattr(work, user)(desktop.panel)


def test_every_scenario_is_part_of_the_modules_self_test(work):
    assert [scenario.__name__ for scenario in work.SCENARIOS] == [
        "radiologist",
        "coordinator",
        "researcher",
    ]


def test_importing_the_module_file_is_quick_and_brings_no_heavy_library():
    code = f"""
import sys, types, time
sys.path.insert(0, {str(ROOT / "Testing")!r})
from slicer_standin import slicer_desktop
with slicer_desktop():
    before = set(sys.modules)
    sys.path.insert(0, {str(MODULE.parent)!r})
    start = time.process_time()
    import GastricDiff
    spent = time.process_time() - start
    loaded = set("{HEAVY}".split()) & (set(sys.modules) - before)
    assert not loaded, loaded
    assert "GastricDiffLib.desktop" not in sys.modules
    print(spent)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 0.3


def test_opening_the_module_needs_no_library_that_slicer_lacks():
    code = f"""
import sys
sys.path.insert(0, {str(ROOT / "Testing")!r})
from slicer_standin import slicer_desktop
with slicer_desktop() as desktop:
    for name in "{HEAVY}".split():
        sys.modules[name] = None
    desktop.open({str(MODULE)!r})
    assert desktop.panel.ui.classifyLabel.text == "Choose a CT."
    sys.modules["GastricDiff"].load_scenarios()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@contextmanager
def _classifying(desktop, work):
    """A classification that runs; leaves when it has ended."""
    ui, logic = desktop.panel.ui, desktop.panel.panel.classify.logic
    nodes = _open_case(desktop, work)
    ui.classifyButton.click()
    assert logic.running, ui.messageLabel.text
    yield nodes
    desktop.wait_until(lambda: not logic.running, 600)


def _nothing_dangles(desktop, work):
    assert work.count_results() == 0
    assert not desktop.faults()


def test_closing_the_scene_while_classifying_ends_it_with_a_message(desktop, work):
    with _classifying(desktop, work):
        desktop.scene.Clear(False)
    assert desktop.panel.ui.messageLabel.text == "Cancelled: the scene was closed."
    _nothing_dangles(desktop, work)


@pytest.mark.parametrize("gone", ["CT", "box"])
def test_removing_a_node_while_classifying_ends_it_with_a_message(desktop, work, gone):
    with _classifying(desktop, work) as (ct, roi):
        desktop.scene.RemoveNode(ct if gone == "CT" else roi)
    assert desktop.panel.ui.messageLabel.text == f"Cancelled: the {gone} was removed."
    assert not desktop.panel.ui.classifyButton.enabled
    _nothing_dangles(desktop, work)


def test_a_model_that_is_gone_disables_classify_and_shows_so(desktop, work, tmp_path):
    ui = desktop.panel.ui
    _open_case(desktop, work)
    model = tmp_path / "model.safetensors"
    model.write_bytes((ROOT / "Resources/Models/phantom-only-demo.safetensors").read_bytes())
    desktop.panel.panel.context.dialogs = work.Chosen(model)
    ui.modelFileButton.click()
    assert ui.modelSelector.itemData(ui.modelSelector.currentIndex) == str(model)
    assert ui.classifyButton.enabled
    model.unlink()
    ui.classifyButton.click()
    assert "no such model file" in ui.messageLabel.text
    desktop.panel.panel.refresh()
    assert not ui.classifyButton.enabled
    assert "no such model file" in ui.classifyLabel.text


def test_a_file_that_is_no_model_is_refused_in_one_line(desktop, work, tmp_path):
    (tmp_path / "notes.safetensors").write_text("pickle?")
    desktop.panel.panel.context.dialogs = work.Chosen(tmp_path / "notes.safetensors")
    desktop.panel.ui.modelFileButton.click()
    assert "not a whole .safetensors file" in desktop.panel.ui.messageLabel.text
    assert desktop.panel.ui.modelSelector.currentIndex == 0


def test_leaving_the_module_while_classifying_does_not_stop_it(desktop, work):
    with _classifying(desktop, work):
        desktop.panel.exit()
    assert work.count_results() == work.RESULT_NODES
    desktop.panel.enter()
    assert "slices" in desktop.panel.ui.voteLabel.text


def test_a_refused_installation_leaves_the_module_usable(desktop, work, monkeypatch):
    from GastricDiffLib.desktop import dependencies

    ui = desktop.panel.ui
    _open_case(desktop, work)
    monkeypatch.setattr(dependencies, "_has_torch", lambda: False)
    monkeypatch.setitem(sys.modules, "PyTorchUtils", object())
    import slicer

    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", lambda *a, **k: False)
    ui.classifyButton.click()
    assert "click again to install" in ui.messageLabel.text
    assert not desktop.panel.panel.classify.logic.running
    assert ui.classifyButton.enabled
    ui.placeButton.click()
    assert ui.messageLabel.text == ""


@pytest.mark.parametrize(("width", "palette"), [(350, "light"), (600, "dark")])
def test_nothing_is_cut_off(desktop, shown, tmp_path, width, palette):
    ui = desktop.panel.ui
    ui.cohortSection.collapsed = ui.trainSection.collapsed = False
    ui.compareCheckBox.checked = True
    assert grab(desktop.widget, tmp_path / "panel.png", width=width, palette=palette) == []


@pytest.fixture
def shown(desktop, work):
    """The sample's CT with a result made by hand; the result nodes."""
    from made_results import made_result

    from GastricDiffLib.scene import roi_from_node, show_result, volume_from_node

    ct, roi = _open_case(desktop, work)
    result = made_result(volume_from_node(ct), [roi_from_node(roi)])
    nodes = show_result(desktop.scene, ct, roi, result)
    desktop.panel.panel.result.show()
    return nodes


def test_the_report_button_writes_a_report(desktop, work, shown, tmp_path):
    desktop.panel.panel.context.dialogs = work.Chosen(tmp_path)
    desktop.panel.ui.reportButton.click()
    folder = tmp_path / "GastricDiff report"
    assert (folder / "report.html").is_file(), desktop.panel.ui.messageLabel.text
    assert str(folder) in desktop.panel.ui.messageLabel.text
    assert len(desktop.opened_urls) == 1


def test_a_click_in_the_plot_chooses_the_row_and_jumps(desktop, shown):
    import slicer
    import vtk

    ui = desktop.panel.ui
    ui.layoutButton.click()
    ids, rows, found = vtk.vtkStringArray(), vtk.vtkIdTypeArray(), vtk.vtkCollection()
    ids.InsertNextValue(shown.series[0].GetID())
    rows.InsertNextValue(2)
    found.AddItem(rows)
    slicer.app.layoutManager().plotWidget(0).plotView().dataSelected.emit(ids, found)
    assert ui.sliceTable.currentRow() == 2
    position = shown.slices.GetTable().GetValueByName(2, "position_mm").ToDouble()
    red = desktop.scene.GetSingletonNode("Red", "vtkMRMLSliceNode")
    assert red.GetSliceOffset() == pytest.approx(position)


def test_the_research_line_and_the_message_do_not_scroll_away(desktop):
    ui = desktop.panel.ui
    inside = ui.scrollContents
    assert not inside.isAncestorOf(ui.researchUseLabel)
    assert not inside.isAncestorOf(ui.messageLabel)
    assert "Research use only" in ui.researchUseLabel.text


def test_a_box_is_drawn_by_two_clicks(desktop, work):
    ui = desktop.panel.ui
    ui.ctSelector.setCurrentNode(work.sample())
    ui.drawButton.click()
    interaction = desktop.scene.GetSingletonNode("Singleton", "vtkMRMLInteractionNode")
    assert interaction.GetCurrentInteractionMode() == interaction.Place
    assert "two opposite corners" in ui.messageLabel.text
    assert "click at two" in ui.classifyLabel.text
    roi = ui.roiSelector.currentNode()
    roi.SetCenter(work.case_center())
    roi.SetSize(50, 50, 40)
    desktop.wait_until(lambda: not ui.drawButton.checked)
    assert ui.classifyButton.enabled
    ui.drawButton.click()
    desktop.panel.exit()
    assert interaction.GetCurrentInteractionMode() != interaction.Place


def test_ticking_compare_offers_the_systems_and_keeps_the_choice(desktop):
    import qt

    ui, train = desktop.panel.ui, desktop.panel.panel.train
    assert not ui.systemsList.visible
    ui.trainSection.collapsed = False
    ui.compareCheckBox.checked = True
    assert ui.systemsList.visible
    assert ui.foldsSpinBox.visible
    assert not ui.systemSelector.enabled
    ui.systemsList.item(0).setCheckState(qt.Qt.Unchecked)
    ui.foldsSpinBox.value = 5
    arguments = train.request().arguments()
    assert arguments[0] == "compare"
    systems = arguments[arguments.index("--systems") + 1].split(",")
    assert systems == [name for name in SYSTEMS if name != "vgg19"]
    assert arguments[arguments.index("--folds") + 1] == "5"
    desktop.panel.exit()
    desktop.panel.enter()
    assert ui.systemsList.item(0).checkState() == qt.Qt.Unchecked


def test_the_fields_of_training_settings_are_as_declared(desktop):
    from GastricDiffLib.desktop.parameters import setting_widgets

    ui = desktop.panel.ui
    for name, widget in setting_widgets(ui).items():
        declared = SETTINGS[name]
        assert widget.toolTip == declared.setting.tooltip
        if declared.setting.choices:
            shown = tuple(widget.itemText(row) for row in range(widget.count))
            assert (shown, widget.currentText) == (declared.setting.choices, declared.default)
        else:
            assert (widget.minimum, widget.maximum) == declared.setting.offered
            assert widget.value == declared.default
    assert ui.cropLabel.text == SETTINGS["crop"].setting.label
    assert all(name in ui.heatSelector.toolTip for name in HEAT_KINDS)


def test_two_systems_are_compared_from_the_panel_and_the_report_opens(
    desktop, work, phantom_dataset, tmp_path
):
    import qt

    ui, train = desktop.panel.ui, desktop.panel.panel.train
    ui.trainSection.collapsed = False
    ui.compareCheckBox.checked = True
    for row in range(ui.systemsList.count):
        item = ui.systemsList.item(row)
        chosen = item.text() in ("resnext50", "r50-imp-dpn-tad")
        item.setCheckState(qt.Qt.Checked if chosen else qt.Qt.Unchecked)
    ui.trainingPath.currentPath = str(phantom_dataset)
    ui.runPath.currentPath = str(tmp_path / "compared")
    ui.epochsSpinBox.value, ui.sizeSpinBox.value = 1, 32
    ui.widthSpinBox.value, ui.batchSizeSpinBox.value = 0.0625, 64
    assert not ui.comparisonButton.enabled
    ui.trainButton.click()
    assert train.logic.running, ui.messageLabel.text
    assert ui.trainButton.text == "Cancel"
    desktop.wait_until(lambda: not train.logic.running, 600)
    report = tmp_path / "compared" / "report.html"
    assert ui.messageLabel.text == f"Compared; the report is {report}"
    page = report.read_text(encoding="utf-8")
    assert "resnext50" in page and "r50-imp-dpn-tad" in page
    assert ui.comparisonButton.enabled
    ui.comparisonButton.click()
    assert [Path(url.removeprefix("file://")) for url in desktop.opened_urls] == [report]
    work.release(desktop.panel)
    assert not ui.comparisonButton.enabled


def test_a_case_opened_from_the_cohort_is_shown_at_its_box_without_anothers_heat(
    desktop, work, shown, tmp_path
):
    ui = desktop.panel.ui
    layers = desktop.scene.GetSingletonNode("Red", "vtkMRMLSliceCompositeNode")
    assert layers.GetForegroundVolumeID()
    work.write_phantoms(tmp_path / "hospital", range(1, 2))
    work.fill_cohort(desktop.panel, tmp_path, 1)
    ui.cohortTable.selectRow(0)
    ui.openCaseButton.click()
    assert layers.GetBackgroundVolumeID() == ui.ctSelector.currentNode().GetID()
    assert not layers.GetForegroundVolumeID()
    red = desktop.scene.GetSingletonNode("Red", "vtkMRMLSliceNode")
    center = ui.roiSelector.currentNode().GetCenter()
    assert red.GetSliceOffset() == pytest.approx(center[2])
    work.release(desktop.panel)


def test_the_curves_are_shown_in_a_plot_view_and_taken_away(desktop):
    from GastricDiffLib.scene.curves import show_curves

    ui, row = desktop.panel.ui, {"epoch": 0.0, "loss": 0.5, "val_loss": 0.4}
    assert not ui.curvesButton.enabled
    chart = show_curves(desktop.scene, [row])
    desktop.panel.panel.refresh()
    ui.curvesButton.click()
    assert ui.curvesButton.checked
    view = desktop.scene.GetSingletonNode("PlotView1", "vtkMRMLPlotViewNode")
    assert view.GetPlotChartNodeID() == chart.GetID()
    ui.curvesButton.click()
    assert not ui.curvesButton.checked


def test_a_fault_of_the_program_is_one_line_and_its_traceback_is_kept(
    desktop, work, monkeypatch, tmp_path
):
    monkeypatch.setattr("GastricDiffLib.log.log_file", lambda: tmp_path / "log.txt")
    monkeypatch.setattr("GastricDiffLib.desktop.case_panel.place_box", lambda *_: 1 / 0)
    desktop.panel.ui.ctSelector.setCurrentNode(work.sample())
    desktop.panel.ui.placeButton.click()
    assert desktop.panel.ui.messageLabel.text.startswith("⚠ Unexpected ZeroDivisionError")
    assert "Traceback" in (tmp_path / "log.txt").read_text()


def test_the_panel_keeps_debug_lines_of_libraries_out_of_slicers_log(monkeypatch):
    root, library = logging.getLogger(), logging.getLogger("matplotlib")
    monkeypatch.setattr(root, "level", logging.DEBUG)
    monkeypatch.setattr(library, "level", logging.NOTSET)
    assert logging.getLogger("matplotlib.font_manager").getEffectiveLevel() == logging.DEBUG
    with open_module(MODULE):
        fonts = logging.getLogger("matplotlib.font_manager")
        assert fonts.getEffectiveLevel() == logging.WARNING


def test_a_wrong_cohort_file_is_reported_once(desktop, tmp_path):
    ui = desktop.panel.ui
    (tmp_path / "cohort.csv").write_text("a;b\n")
    ui.cohortPath.currentPath = str(tmp_path / "cohort.csv")
    assert "column case_id" in ui.messageLabel.text
    desktop.panel.panel.context.messages.clear()
    desktop.panel.panel.refresh()
    assert ui.messageLabel.text == ""
    ui.addFolderButton.click()
    assert "no cohort file" in ui.messageLabel.text
