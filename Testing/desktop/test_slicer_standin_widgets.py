"""The widgets of the stand-in for Slicer behave as Slicer's do."""

from __future__ import annotations

import keyword

import numpy as np
import pytest

pytest.importorskip("slicer_standin", reason="PySide6 is not installed")

import slicer
from slicer_standin import slicer_desktop, tables
from slicer_standin.generated import standin_class

VOLUME = "vtkMRMLScalarVolumeNode"


@pytest.fixture
def desktop():
    with slicer_desktop() as opened:
        yield opened


@pytest.fixture
def selector(desktop):
    widget = slicer.qMRMLNodeComboBox()
    widget.nodeTypes = [VOLUME]
    widget.setMRMLScene(desktop.scene)
    return widget


def add(scene, kind, name):
    return scene.AddNewNodeByClass(kind, name)


def test_every_class_shows_what_a_running_slicer_shows(desktop):
    enums = {name for name in dir(object) if not name}
    lacking = {}
    for name, entry in tables.slicer_classes().items():
        if entry["attributes"] is None:
            continue
        widget = standin_class(name)()
        wanted = [
            key
            for key in tables.allowed(name) - enums
            if key[0].islower() and key != "help" and not keyword.iskeyword(key)
        ]
        lacking[name] = {key for key in wanted if not hasattr(widget, key)} - {"print"}
    # Gone in Qt 6, and what Qt's OpenGL widget behind the chart view brings.
    gone = {"viewOptions", "setTabStopWidth", "getTextMargins"}
    for name, keys in lacking.items():
        if name != "ctkVTKChartView":
            assert keys <= gone, name


def test_the_selector_follows_the_scene(desktop, selector):
    first, _ = add(desktop.scene, VOLUME, "A"), add(desktop.scene, "vtkMRMLModelNode", "M")
    second = add(desktop.scene, VOLUME, "B")
    assert [selector.nodeFromIndex(n) for n in range(selector.nodeCount())] == [first, second]
    received = []
    selector.connect("currentNodeChanged(vtkMRMLNode*)", received.append)
    selector.connect("currentNodeChanged(bool)", received.append)
    selector.currentNodeIDChanged.connect(lambda text: received.append(text))
    selector.setCurrentNode(second)
    assert received == [second, True, second.GetID()]
    second.SetName("C")
    # The text shown has changed: Qt emits it, and so does the selector.
    assert received[3:] == [second, True, second.GetID()]
    desktop.scene.RemoveNode(second)
    assert selector.nodeCount() == 1
    assert selector.currentNode() is not second


def test_the_selector_filters_by_attribute_and_hides_hidden_nodes(desktop, selector):
    plain, marked = add(desktop.scene, VOLUME, "A"), add(desktop.scene, VOLUME, "B")
    marked.SetAttribute("role", "ct")
    selector.addAttribute(VOLUME, "role", "ct")
    assert (selector.nodeCount(), selector.nodeFromIndex(0)) == (1, marked)
    selector.removeAttribute(VOLUME, "role")
    assert selector.nodeCount() == 2
    plain.SetHideFromEditors(True)
    plain.Modified()
    assert selector.nodeCount() == 1


def test_the_selector_creates_and_deletes_nodes(desktop, selector):
    received = []
    selector.nodeAddedByUser.connect(received.append)
    selector.baseName = "CT"
    node = selector.addNode()
    assert (node.GetName(), selector.currentNode(), received) == ("CT", node, [node])
    assert selector.addNode("vtkMRMLModelNode") is None
    selector.removeCurrentNode()
    assert not desktop.scene.IsNodePresent(node)


def test_an_imported_scene_resets_the_selector_as_in_slicer(desktop, selector, tmp_path):
    selector.noneEnabled = True
    selector.setCurrentNode(add(desktop.scene, VOLUME, "A"))
    file = str(tmp_path / "scene.mrml")
    desktop.scene.Commit(file)
    slicer.util.loadScene(file)
    assert (selector.nodeCount(), selector.currentNode()) == (2, None)


def test_callbacks_get_as_many_arguments_as_they_take(desktop):
    import qt

    button, got = qt.QPushButton("x"), []
    button.checkable = True
    button.clicked.connect(lambda: got.append("none"))
    button.clicked.connect(lambda checked: got.append(checked))
    button.connect("clicked()", lambda *args: got.append(args))
    button.click()
    assert got == ["none", True, ()]
    assert button.clicked.disconnect()
    button.click()
    assert got[3:] == [()]


def test_collapsing_keeps_hidden_what_was_hidden_by_itself(desktop):
    import ctk
    import qt

    section, column = ctk.ctkCollapsibleButton(), qt.QVBoxLayout()
    section.setLayout(column)
    shown, hidden = qt.QLabel("shown"), qt.QLabel("hidden")
    column.addWidget(shown)
    column.addWidget(hidden)
    hidden.visible = False
    section.show()
    desktop.process()
    received = []
    section.contentsCollapsed.connect(received.append)
    section.collapsed = True
    assert (shown.visible, hidden.visible, received) == (False, False, [True])
    section.click()
    assert (shown.visible, hidden.visible, section.collapsed) == (True, False, False)


def test_a_slider_keeps_to_its_range_and_decimals(desktop):
    import ctk

    slider, got = ctk.ctkSliderWidget(), []
    slider.minimum, slider.maximum, slider.decimals = 0, 1, 2
    slider.connect("valueChanged(double)", got.append)
    slider.value = 0.256
    slider.value = 7
    slider.setValue(1)
    assert got == [0.26, 1.0]
    ends = ctk.ctkRangeWidget()
    ends.valuesChanged.connect(lambda low, high: got.append((low, high)))
    ends.setRange(0, 10)
    ends.setValues(2, 5)
    ends.minimumValue = 7
    assert got[2:] == [(0, 10), (2, 5), (7, 7)]


def test_a_path_is_typed_or_chosen_in_a_file_dialog(desktop):
    import ctk

    edit, got = ctk.ctkPathLineEdit(), []
    edit.currentPathChanged.connect(got.append)
    edit.filters = ctk.ctkPathLineEdit.Dirs
    desktop.expect_dialog("/chosen", "")
    edit.browse()
    edit.browse()
    edit.comboBox().setEditText("/typed")
    assert got == ["/chosen", "/typed"]
    assert [kind for kind, _ in desktop.dialogs] == ["getExistingDirectory"] * 2


def test_a_row_of_the_table_view_can_be_clicked_and_follows_the_node(desktop):
    import qt
    from PySide6.QtTest import QTest

    table = add(desktop.scene, "vtkMRMLTableNode", "T")
    slicer.util.updateTableFromArray(table, np.arange(6.0).reshape(3, 2), ["a", "b"])
    table.SetUseColumnTitleAsColumnHeader(True)
    view, got = slicer.qMRMLTableView(), []
    view.setMRMLTableNode(table)
    view.setSelectionBehavior(view.SelectRows)
    view.show()
    view.clicked.connect(lambda index: got.append(index.row()))
    view.connect("selectionChanged()", lambda: got.append("selected"))
    cell = view.visualRect(view.model().index(2, 1))
    QTest.mouseClick(view.viewport(), qt.Qt.LeftButton, qt.Qt.NoModifier, cell.center())
    assert got == ["selected", 2]
    assert view.model().index(2, 1).data() == "5"
    table.GetTable().SetValue(2, 1, 9.0)
    table.Modified()
    assert view.model().index(2, 1).data() == "9"


def test_the_place_button_starts_slicers_place_mode(desktop):
    roi = add(desktop.scene, "vtkMRMLMarkupsROINode", "R")
    widget, got = slicer.qSlicerMarkupsPlaceWidget(), []
    widget.setMRMLScene(desktop.scene)
    widget.setCurrentNode(roi)
    widget.connect("activeMarkupsPlaceModeChanged(bool)", got.append)
    widget.placeButton().click()
    interaction = desktop.scene.GetNodeByID("vtkMRMLInteractionNodeSingleton")
    assert interaction.GetCurrentInteractionMode() == interaction.Place
    interaction.SetCurrentInteractionMode(interaction.ViewTransform)
    assert (widget.placeModeEnabled, got) == (False, [True, False])


def test_the_layout_manager_has_a_widget_for_each_view_of_the_layout(desktop):
    manager, changed = slicer.app.layoutManager(), []
    manager.layoutChanged.connect(changed.append)
    assert (manager.plotViewCount, manager.plotWidget(0)) == (0, None)
    with_plot = slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpPlotTableView
    manager.setLayout(with_plot)
    assert changed == [with_plot]
    assert set(manager.sliceViewNames()) == {"Red", "Yellow", "Green"}
    got = []
    view = manager.plotWidget(0).plotView()
    view.connect("dataSelected(vtkStringArray*,vtkCollection*)", lambda a, b: got.append((a, b)))
    view.dataSelected.emit("ids", "selections")
    assert got == [("ids", "selections")]


def test_slices_are_set_fitted_and_jumped_by_slicers_own_logics(desktop):
    volume = slicer.util.addVolumeFromArray(np.zeros((10, 40, 50), np.int16), name="V")
    slicer.util.setSliceViewerLayers(background=volume, fit=True)
    red = slicer.app.layoutManager().sliceWidget("Red")
    assert red.mrmlSliceCompositeNode().GetBackgroundVolumeID() == volume.GetID()
    assert red.sliceLogic().GetBackgroundLayer().GetVolumeNode() is volume
    assert red.mrmlSliceNode().GetFieldOfView()[0] == pytest.approx(50, rel=0.1)
    slicer.modules.markups.logic().JumpSlicesToLocation(0, 0, 6, False)
    assert red.mrmlSliceNode().GetSliceOffset() == pytest.approx(6)


def test_a_volume_is_written_and_loaded_by_slicers_own_reader(desktop, tmp_path):
    array = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    volume = slicer.util.addVolumeFromArray(array, name="V")
    file = str(tmp_path / "some ct.nrrd")
    assert slicer.util.saveNode(volume, file)
    loaded = slicer.util.loadVolume(file)
    assert loaded.GetName() == "some ct"
    assert np.array_equal(slicer.util.arrayFromVolume(loaded), array)


def test_packages_are_asked_for_and_never_installed(desktop, tmp_path):
    import qt

    requirements = tmp_path / "requirements.txt"
    requirements.write_text("# two\nnumpy>=1\nno-such-package-of-ours>=2\n", "utf-8")
    wanted = slicer.packaging.load_requirements(requirements)
    desktop.expect_dialog(qt.QMessageBox.Cancel, qt.QMessageBox.Ok)
    with pytest.raises(RuntimeError, match="declined"):
        slicer.packaging.pip_ensure(wanted, requester="Example")
    slicer.packaging.pip_ensure(wanted, requester="Example")
    slicer.util.pip_install("another")
    assert desktop.installer.asked == [["no-such-package-of-ours>=2"], ["another"]]


def test_settings_live_in_a_folder_of_the_desktop_alone():
    for _ in range(2):
        with slicer_desktop():
            import qt

            settings = qt.QSettings()
            assert not settings.contains("Example/model")
            settings.setValue("Example/model", "a.safetensors")
            assert slicer.util.settingsValue("Example/model", "") == "a.safetensors"
