"""A small scripted module with a .ui file, to try the stand-in for Slicer on."""

from __future__ import annotations

from pathlib import Path

MODULE = """
import enum
import pathlib
from typing import Annotated

import ctk
import qt
import slicer
from slicer import vtkMRMLScalarVolumeNode
from slicer.i18n import tr as _
from slicer.parameterNodeWrapper import Choice, WithinRange, parameterNodeWrapper
from slicer.ScriptedLoadableModule import *
from slicer.util import VTKObservationMixin


class Speed(enum.Enum):
    SLOW = 1
    FAST = 2


@parameterNodeWrapper
class Settings:
    ct: vtkMRMLScalarVolumeNode
    opacity: Annotated[float, WithinRange(0, 1)] = 0.5
    count: Annotated[int, WithinRange(1, 9)] = 3
    shown: bool = True
    device: Annotated[str, Choice(["auto", "cpu"])] = "auto"
    speed: Speed = Speed.SLOW
    note: str = ""
    folder: pathlib.Path


class Example(ScriptedLoadableModule):
    def __init__(self, parent):
        super().__init__(parent)
        self.parent.title = _("Example")
        self.parent.categories = ["Examples"]
        slicer.app.connect("startupCompleted()", register_sample_data)


def register_sample_data():
    import SampleData

    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="Examples",
        sampleName="Cube",
        uris="",
        fileNames="cube",
        nodeNames="Cube",
        customDownloader=lambda source: slicer.mrmlScene.AddNewNodeByClass(
            "vtkMRMLScalarVolumeNode", source.nodeNames[0]
        ),
    )


class ExampleLogic(ScriptedLoadableModuleLogic):
    def getParameterNode(self):
        return Settings(super().getParameterNode())


class ExampleWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.visits = 0

    def setup(self):
        super().setup()
        widget = slicer.util.loadUI(self.resourcePath("UI/Example.ui"))
        self.layout.addWidget(widget)
        self.ui = slicer.util.childWidgetVariables(widget)
        widget.setMRMLScene(slicer.mrmlScene)
        self.logic = ExampleLogic()
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.leave_scene)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndCloseEvent, self.begin)
        self.ui.go.connect("clicked(bool)", self.go)
        self.ui.fail.clicked.connect(lambda: 1 / 0)
        self.begin()

    def enter(self):
        self.visits += 1

    def cleanup(self):
        self.removeObservers()

    def begin(self, caller=None, event=None):
        self.settings = self.logic.getParameterNode()
        self.tag = self.settings.connectGui(self.ui)

    def leave_scene(self, caller=None, event=None):
        self.settings.disconnectGui(self.tag)

    def go(self):
        settings = self.settings
        if settings.ct is None:
            slicer.util.errorDisplay(_("Choose a CT"))
            return
        self.ui.answer.text = f"{settings.ct.GetName()} at {settings.opacity}"
        slicer.util.showStatusMessage("done")
"""

UI = """<?xml version="1.0" encoding="UTF-8"?>
<ui version="4.0">
 <class>Example</class>
 <widget class="qMRMLWidget" name="Example">
  <layout class="QVBoxLayout" name="column">
   <item>
    <widget class="ctkCollapsibleButton" name="inputs">
     <property name="text"><string>Inputs</string></property>
     <layout class="QFormLayout" name="form">
      <item row="0" column="0">
       <widget class="QLabel" name="answer"><property name="text"><string>CT:</string></property></widget>
      </item>
      <item row="0" column="1">
       <widget class="qMRMLNodeComboBox" name="ct">
        <property name="nodeTypes"><stringlist><string>vtkMRMLScalarVolumeNode</string></stringlist></property>
        <property name="noneEnabled"><bool>true</bool></property>
        <property name="SlicerParameterName" stdset="0"><string>ct</string></property>
       </widget>
      </item>
      <item row="1" column="1">
       <widget class="ctkSliderWidget" name="opacity">
        <property name="singleStep"><double>0.05</double></property>
        <property name="SlicerParameterName" stdset="0"><string>opacity</string></property>
       </widget>
      </item>
      <item row="2" column="1">
       <widget class="QSpinBox" name="count">
        <property name="SlicerParameterName" stdset="0"><string>count</string></property>
       </widget>
      </item>
      <item row="3" column="1">
       <widget class="QCheckBox" name="shown">
        <property name="SlicerParameterName" stdset="0"><string>shown</string></property>
       </widget>
      </item>
      <item row="4" column="1">
       <widget class="QComboBox" name="device">
        <property name="SlicerParameterName" stdset="0"><string>device</string></property>
       </widget>
      </item>
      <item row="5" column="1">
       <widget class="QComboBox" name="speed">
        <property name="SlicerParameterName" stdset="0"><string>speed</string></property>
       </widget>
      </item>
      <item row="6" column="1">
       <widget class="QLineEdit" name="note">
        <property name="SlicerParameterName" stdset="0"><string>note</string></property>
       </widget>
      </item>
      <item row="7" column="1">
       <widget class="ctkPathLineEdit" name="folder">
        <property name="filters"><set>ctkPathLineEdit::Dirs</set></property>
        <property name="SlicerParameterName" stdset="0"><string>folder</string></property>
       </widget>
      </item>
      <item row="8" column="0">
       <widget class="QPushButton" name="fail"><property name="text"><string>Fail</string></property></widget>
      </item>
      <item row="8" column="1">
       <widget class="QPushButton" name="go"><property name="text"><string>Go</string></property></widget>
      </item>
     </layout>
    </widget>
   </item>
  </layout>
 </widget>
 <customwidgets>
  <customwidget>
   <class>qMRMLWidget</class><extends>QWidget</extends><header>qMRMLWidget.h</header><container>1</container>
  </customwidget>
  <customwidget>
   <class>ctkCollapsibleButton</class><extends>QWidget</extends><header>ctkCollapsibleButton.h</header><container>1</container>
  </customwidget>
  <customwidget>
   <class>qMRMLNodeComboBox</class><extends>QWidget</extends><header>qMRMLNodeComboBox.h</header>
  </customwidget>
  <customwidget>
   <class>ctkSliderWidget</class><extends>QWidget</extends><header>ctkSliderWidget.h</header>
  </customwidget>
  <customwidget>
   <class>ctkPathLineEdit</class><extends>QWidget</extends><header>ctkPathLineEdit.h</header>
  </customwidget>
 </customwidgets>
 <resources/>
 <connections>
  <connection>
   <sender>Example</sender><signal>mrmlSceneChanged(vtkMRMLScene*)</signal>
   <receiver>ct</receiver><slot>setMRMLScene(vtkMRMLScene*)</slot>
  </connection>
  <connection>
   <sender>shown</sender><signal>toggled(bool)</signal>
   <receiver>count</receiver><slot>setEnabled(bool)</slot>
  </connection>
 </connections>
</ui>
"""  # noqa: E501


def write_example(folder: Path) -> Path:
    """The module in a folder of its own, laid out as Slicer wants it; the module file."""
    (folder / "Resources" / "UI").mkdir(parents=True)
    (folder / "Resources" / "UI" / "Example.ui").write_text(UI, "utf-8")
    file = folder / "Example.py"
    file.write_text(MODULE, "utf-8")
    return file
