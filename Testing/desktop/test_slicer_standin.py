"""The stand-in for Slicer: a module runs in it, and what Slicer lacks is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("slicer_standin", reason="PySide6 is not installed")

import slicer
from scripted_example import UI, write_example
from slicer_standin import check_ui, grab, open_module, slicer_desktop, tables


@pytest.fixture
def module_file(tmp_path):
    return write_example(tmp_path / "module")


@pytest.fixture
def desktop(module_file):
    with open_module(module_file) as opened:
        yield opened


@pytest.fixture
def bare():
    with slicer_desktop() as opened:
        yield opened


def add_volume(name):
    return slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)


# A module in it


def test_a_button_of_the_loaded_panel_runs_the_modules_code(desktop):
    desktop.ui("ct").setCurrentNode(add_volume("abdomen"))
    desktop.ui("opacity").value = 0.25
    desktop.ui("go").click()
    assert desktop.ui("answer").text == "abdomen at 0.25"
    assert (desktop.status, desktop.panel.visits) == ("done", 1)
    assert desktop.module.title == "Example"


def test_widgets_and_parameter_node_follow_each_other(desktop):
    settings, volume = desktop.panel.settings, add_volume("X")
    settings.ct, settings.count, settings.device, settings.note = volume, 7, "cpu", "hello"
    settings.speed = type(settings.speed).FAST
    settings.folder = Path("/data")
    assert desktop.ui("ct").currentNode() is volume
    assert (desktop.ui("count").value, desktop.ui("device").currentText) == (7, "cpu")
    assert (desktop.ui("speed").currentText, desktop.ui("note").text) == ("FAST", "hello")
    assert desktop.ui("folder").currentPath == "/data"
    assert desktop.ui("folder").filters == 1
    desktop.ui("shown").click()
    desktop.ui("device").currentIndex = 0
    desktop.ui("note").text = "bye"
    assert (settings.shown, settings.device, settings.note) == (False, "auto", "bye")
    node = settings.parameterNode
    assert (node.GetParameter("shown"), node.GetParameter("speed")) == ("False", "FAST")
    assert node.GetNodeReference("ct") is volume


def test_a_value_outside_of_its_range_is_not_stored(desktop):
    with pytest.raises(ValueError, match="2 is outside"):
        desktop.panel.settings.opacity = 2
    with pytest.raises(ValueError, match="'gpu' is none of"):
        desktop.panel.settings.device = "gpu"
    assert desktop.panel.settings.opacity == 0.5


def test_a_signal_line_of_the_ui_file_connects_two_widgets(desktop):
    assert desktop.ui("count").enabled
    desktop.ui("shown").click()
    assert not desktop.ui("count").enabled


def test_the_panel_lives_through_a_closed_scene(desktop):
    desktop.panel.settings.ct = add_volume("X")
    desktop.panel.settings.count = 8
    slicer.mrmlScene.Clear(0)
    assert desktop.ui("ct").currentNode() is None
    assert desktop.ui("count").value == 3
    desktop.ui("ct").setCurrentNode(add_volume("Y"))
    assert desktop.panel.settings.ct.GetName() == "Y"


def test_settings_come_back_with_a_saved_scene(desktop, tmp_path):
    desktop.panel.settings.ct = add_volume("X")
    desktop.panel.settings.count = 8
    bundle = str(tmp_path / "scene.mrb")
    assert slicer.util.saveScene(bundle)
    slicer.mrmlScene.Clear(0)
    slicer.util.loadScene(bundle)
    restored = desktop.panel.logic.getParameterNode()
    assert (restored.count, restored.ct.GetName()) == (8, "X")


def test_sample_data_registered_at_the_start_can_be_loaded(desktop):
    assert desktop.click_sample("Cube").GetName() == "Cube"
    assert slicer.util.getNode("Cube").IsA("vtkMRMLScalarVolumeNode")


def test_a_message_is_answered_by_the_test(desktop):
    desktop.expect_dialog(1)
    desktop.ui("go").click()
    assert desktop.dialogs == [("Slicer error", "Choose a CT")]


@pytest.mark.parametrize("button", ["go", "fail"])
def test_an_error_in_a_callback_or_an_unexpected_dialog_fails_the_block(module_file, button):
    with pytest.raises(AssertionError, match="a callback raised"), open_module(module_file) as d:
        d.ui(button).click()


def test_a_dialog_that_does_not_come_up_fails_the_block(module_file):
    with pytest.raises(AssertionError, match="did not come up"), open_module(module_file) as d:
        d.expect_dialog("/some/file")


def test_nothing_is_left_behind(module_file):
    names = set(vars(slicer))
    with open_module(module_file):
        assert "qt" in sys.modules
    assert set(vars(slicer)) == names
    assert not {"qt", "ctk", "Example", "SampleData", "slicer.i18n"} & set(sys.modules)


def test_a_picture_shows_the_panel_in_both_palettes(desktop, tmp_path):
    from PIL import Image

    middle = {}
    for palette in ("light", "dark"):
        file = tmp_path / f"{palette}.png"
        assert grab(desktop.widget, file, 400, palette) == []
        picture = Image.open(file).convert("L")
        assert picture.width == 400
        # Drawn text: far more than the one grey of an empty panel.
        assert len(picture.getcolors(256) or range(256)) > 30
        middle[palette] = picture.getpixel((2, picture.height - 3))
    assert middle["dark"] < 100 < 200 < middle["light"]
    assert any("fail" in line for line in grab(desktop.widget, tmp_path / "narrow.png", 60))


# What Slicer lacks


@pytest.mark.parametrize(
    ("was", "becomes", "complaint"),
    [
        ('class="QSpinBox" name="count"', 'class="qMRMLPlotView" name="count"', "cannot create"),
        ('name="noneEnabled"', 'name="noneAllowed"', "has no property 'noneAllowed'"),
        ("<header>ctkSliderWidget.h", "<header>ctkSlider.h", "the header is ctkSliderWidget.h"),
        (
            "<class>qMRMLNodeComboBox</class><extends>QWidget",
            "<class>qMRMLNodeComboBox</class><extends>QComboBox",
            "it does not extend QComboBox",
        ),
        ("mrmlSceneChanged(vtkMRMLScene*)", "sceneChanged(vtkMRMLScene*)", "has no signal scene"),
        ("mrmlSceneChanged(vtkMRMLScene*)", "mrmlSceneChanged()", "has no signal mrmlSceneCh"),
        ("<slot>setEnabled(bool)", "<slot>enable(bool)", "QSpinBox has no slot enable(bool)"),
        ("<receiver>count", "<receiver>counter", "no widget 'counter'"),
        ('name="fail"', 'name="go"', "go: two widgets of this name"),
        ("<double>0.05</double>", "<string>0.05</string>", "is of type double, not <string>"),
        ("<set>ctkPathLineEdit::Dirs", "<set>ctkPathLineEdit::Filter::Dirs", "5.15 does not read"),
        ("<class>ctkPathLineEdit</class>", "<class>ctkPathEdit</class>", "used, but not described"),
    ],
)
def test_a_ui_file_with_what_slicer_lacks_is_named_and_refused(
    module_file, was, becomes, complaint
):
    file = module_file.parent / "Resources" / "UI" / "Example.ui"
    assert check_ui(file) == []
    assert was in UI
    file.write_text(UI.replace(was, becomes), "utf-8")
    assert any(complaint in line for line in check_ui(file)), check_ui(file)
    with pytest.raises(RuntimeError, match="would not take"), open_module(module_file):
        pass


def test_an_attribute_that_slicer_lacks_is_refused(desktop):
    import ctk
    import qt

    selector, button = desktop.ui("ct"), desktop.ui("go")
    with pytest.raises(AttributeError, match="qMRMLNodeComboBox has no attribute named 'nodes'"):
        _ = selector.nodes
    with pytest.raises(AttributeError, match="'nodeType' does not exist on qMRMLNodeComboBox"):
        selector.nodeType = ["vtkMRMLScalarVolumeNode"]
    with pytest.raises(AttributeError, match="'label' does not exist on QPushButton"):
        button.label = "Go"
    with pytest.raises(AttributeError, match="Slot 'setText' can not be overwritten"):
        button.setText = "Go"
    with pytest.raises(AttributeError, match="'viewport'"):
        _ = slicer.qMRMLPlotWidget().viewport
    with pytest.raises(AttributeError, match="ctkFancySlider"):
        _ = ctk.ctkFancySlider
    with pytest.raises(AttributeError, match="no attribute 'QStringConverter'"):
        _ = qt.QStringConverter  # Qt 6 has it
    with pytest.raises(AttributeError, match="QCheckBox has no attribute named 'checkStateChanged"):
        _ = desktop.ui("shown").checkStateChanged  # Qt 6 has it


def test_a_signal_or_slot_that_slicer_lacks_is_refused(desktop):
    selector, button = desktop.ui("ct"), desktop.ui("go")
    with pytest.raises(AttributeError, match="has no signal 'currentNodeChange'"):
        selector.connect("currentNodeChange(vtkMRMLNode*)", print)
    with pytest.raises(AttributeError, match=r"no signal 'currentNodeChanged\(int\)'"):
        selector.connect("currentNodeChanged(int)", print)
    with pytest.raises(AttributeError, match="QPushButton has no signal 'click'"):
        button.connect("click()", print)
    with pytest.raises(AttributeError, match="has no slot 'setCurrentNodes"):
        button.connect("clicked()", selector, "setCurrentNodes()")
    with pytest.raises(AttributeError, match="Signal 'clicked' can not be overwritten"):
        button.clicked = print


def test_a_property_is_an_attribute_and_no_method(desktop):
    button = desktop.ui("go")
    with pytest.raises(TypeError, match="'str' object is not callable"):
        button.text()
    button.setText("Start")
    button.enabled = False
    assert (button.text, button.isEnabled()) == ("Start", False)
    with pytest.raises(AttributeError, match="'count' of QComboBox object is not writable"):
        desktop.ui("device").count = 3
    with pytest.raises(AttributeError, match="'maximum' of type 'int' does not accept"):
        desktop.ui("count").maximum = "many"
    assert desktop.ui("ct").nodeTypes == ("vtkMRMLScalarVolumeNode",)


def test_a_method_without_behaviour_says_so(bare):
    with pytest.raises(NotImplementedError, match="setCurrentItem is there in Slicer"):
        slicer.qMRMLSubjectHierarchyTreeView().setCurrentItem(1)


def test_a_stand_in_class_cannot_have_what_slicers_has_not():
    from PySide6 import QtWidgets
    from slicer_standin.generated import Parts, standin

    def invent():
        @standin
        class qSlicerWidget(Parts, QtWidgets.QWidget):
            def mrmlScene(self):
                """Slicer's own is C++ only."""

    with pytest.raises(TypeError, match="Slicer's qSlicerWidget has no mrmlScene"):
        invent()


def test_the_declared_properties_and_signals_are_those_a_running_slicer_shows():
    for name, entry in tables.slicer_classes().items():
        if entry["attributes"] is not None:
            declared = set(entry["properties"]) | set(entry["signals"])
            assert declared <= set(entry["attributes"]), name
