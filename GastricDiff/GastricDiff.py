"""The Slicer module GastricDiff: its registration and its self-test.

The panels are in ``GastricDiffLib/desktop``, what they do is in ``GastricDiffLib/app``.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any
from unittest import SkipTest

import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin


def _root() -> Path:
    """The folder that holds ``GastricDiffLib`` and ``Resources``.

    Installed it is this file's own; in the source tree it is one folder up.
    """
    here = Path(__file__).resolve().parent
    return here if (here / "GastricDiffLib").is_dir() else here.parent


if str(_root()) not in sys.path:
    sys.path.insert(0, str(_root()))


class GastricDiff(ScriptedLoadableModule):
    """The module as Slicer lists it before it is opened."""

    def __init__(self, parent: Any) -> None:
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("GastricDiff")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Quantification")]
        self.parent.dependencies = []
        self.parent.contributors = ["The GastricDiff authors"]
        self.parent.helpText = _(
            "Classifies a gastric tumour on CT, in a box drawn roughly around it, as "
            "differentiated or undifferentiated: choose the CT, place the box, click Classify. "
            "Cohort and Train make models from your own labelled cases. "
            "<b>Research use only. Not a medical device, not for diagnosis.</b>"
        )
        self.parent.acknowledgementText = _(
            "Implements a published method: ResNeXt-50 with an improved dual-path network and "
            "teacher-attention distillation. Please cite the paper and the software, see "
            "CITATION.cff. Licence: Apache-2.0."
        )
        slicer.app.connect("startupCompleted()", register_sample_data)


def register_sample_data() -> None:
    """Offer the phantom in the module Sample Data; it is made on this computer."""
    import SampleData

    icon = _root() / "Resources" / "Icons" / "GastricDiff.png"
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category="GastricDiff",
        sampleName="GastricDiffPhantom",
        thumbnailFileName=str(icon),
        uris=[],
        fileNames=[],
        nodeNames=[],
        customDownloader=make_sample,
    )


def make_sample(_source: Any = None) -> Any:
    """Add a synthetic CT to the scene, turn the views to its tumour; returns its volume node."""
    from GastricDiffLib.app.sample import add_phantom, tumour_center
    from GastricDiffLib.scene.layout import jump_slices

    node = add_phantom(slicer.mrmlScene)
    slicer.util.setSliceViewerLayers(background=node, foreground=None, fit=True)
    jump_slices(slicer.mrmlScene, tumour_center(), centered=True)
    return node


class GastricDiffWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panel's place in Slicer."""

    def __init__(self, parent: Any = None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)
        self.logic: GastricDiffLogic | None = None
        self.panel: Any = None
        self._entered = False

    def setup(self) -> None:
        """The user opens the module for the first time."""
        ScriptedLoadableModuleWidget.setup(self)
        from GastricDiffLib.desktop.panel import Panel

        widget = slicer.util.loadUI(str(_root() / "Resources" / "UI" / "GastricDiff.ui"))
        self.layout.addWidget(widget)
        widget.setMRMLScene(slicer.mrmlScene)
        self.ui = slicer.util.childWidgetVariables(widget)
        self.logic = GastricDiffLogic()
        self.panel = Panel(self.ui, slicer.mrmlScene, self.logic.getParameterNode)
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self.on_scene_closes)
        self.addObserver(scene, scene.EndCloseEvent, self.on_scene_changed)
        self.addObserver(scene, scene.EndImportEvent, self.on_scene_changed)
        self.addObserver(scene, scene.NodeRemovedEvent, self.on_node_removed)
        self.enter()

    def enter(self) -> None:
        """The user comes to the module."""
        self._entered = True
        self.panel.attach()
        self.panel.refresh()

    def exit(self) -> None:
        """The user goes to another module; what runs goes on."""
        self._entered = False
        self.panel.detach()

    def cleanup(self) -> None:
        """Slicer closes, or the module is reloaded."""
        self.removeObservers()
        if self.panel is not None:
            self.panel.cleanup()

    def on_scene_closes(self, _caller: Any, _event: str) -> None:
        self.panel.scene_closes()

    def on_scene_changed(self, _caller: Any, _event: str) -> None:
        # Not the parent's isEntered: a test without a main window never sets it.
        if self._entered:
            self.panel.detach()
            self.panel.attach()

    def on_node_removed(self, _caller: Any, _event: str) -> None:
        if self.panel.context.parameters is not None:
            self.panel.refresh()


class GastricDiffLogic(ScriptedLoadableModuleLogic):
    """Gives the scene's parameter node; all else is in ``GastricDiffLib``."""


def load_scenarios() -> Any:
    """The self-test's users at work: a module of functions, loaded anew.

    It lies in ``Testing``, beside this module where that was built with its tests, in the source
    tree one folder up. Raises unittest.SkipTest where it is missing.
    """
    path = _root() / "Testing" / "desktop" / "scenarios.py"
    if not path.is_file():
        raise SkipTest(f"GastricDiff was packaged without its tests: {path} is missing")
    spec = importlib.util.spec_from_file_location("GastricDiffScenarios", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class GastricDiffTest(ScriptedLoadableModuleTest):
    """Plays radiologist, coordinator and researcher in this Slicer.

    Skipped, with a line that names the missing file, in a package that was built without tests.
    """

    def setUp(self) -> None:
        slicer.mrmlScene.Clear(0)

    def runTest(self) -> None:
        """Every scenario, each in a scene of its own."""
        scenarios = load_scenarios().SCENARIOS
        widget = slicer.util.getModuleWidget("GastricDiff")
        widget.enter()
        for scenario in scenarios:
            self.setUp()
            self.delayDisplay(scenario.__name__)
            scenario(widget)
        self.delayDisplay("passed")
