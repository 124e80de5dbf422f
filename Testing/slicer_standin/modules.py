"""``slicer.modules``: the module that the test opened, and Slicer's own as far as logics go."""

from __future__ import annotations

import importlib.util
import logging
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets

from slicer_standin.generated import Parts, standin
from slicer_standin.scene import WITH_LOGIC
from slicer_standin.widgets.scene_widgets import qSlicerWidget


@standin
class qSlicerAbstractCoreModule(Parts, QtCore.QObject):
    def _set_up(self) -> None:
        self._make_logic: Callable[[], Any] = lambda: None

    def logic(self) -> Any:
        return self._make_logic()


@standin
class qSlicerAbstractModule(qSlicerAbstractCoreModule):
    pass


@standin
class qSlicerLoadableModule(qSlicerAbstractModule):
    pass


@standin
class qSlicerAbstractModuleWidget(qSlicerWidget):
    def _set_up(self) -> None:
        self._values["isEntered"] = False

    def enter(self) -> None:
        self._values["isEntered"] = True

    def exit(self) -> None:
        self._values["isEntered"] = False


@standin
class qSlicerScriptedLoadableModuleWidget(qSlicerAbstractModuleWidget):
    """The frame around a scripted panel. Errors in the panel are logged, as Slicer does."""

    def _set_up(self) -> None:
        self._panel: Any = None
        QtWidgets.QVBoxLayout(self)

    def self(self) -> Any:
        return self._panel

    def enter(self) -> None:
        super().enter()
        getattr(self._panel, "enter", lambda: None)()

    def exit(self) -> None:
        super().exit()
        getattr(self._panel, "exit", lambda: None)()


@standin
class qSlicerScriptedLoadableModule(qSlicerLoadableModule):
    """A module in Python: its file, its description, its panel."""

    def _set_up(self) -> None:
        self._widget: Any = None
        self._values.update(icon=QtGui.QIcon(), widgetRepresentationCreationEnabled=True)

    def _load(self, path: Path) -> None:
        """Import the file as Slicer does, and make the object that describes the module."""
        import slicer

        self._values.update(path=str(path), name=path.stem, isInstalled=True)
        slicer.modules.__dict__[path.stem.lower()] = self
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        spec.loader.exec_module(module)
        self._module = module
        self._instance = getattr(module, path.stem)(self)
        slicer.modules.__dict__[f"{path.stem}Instance"] = self._instance

    def widgetRepresentation(self) -> Any:
        """The panel's frame, made and set up the first time."""
        import slicer

        if self._widget is None:
            name = self._values["name"]
            frame = qSlicerScriptedLoadableModuleWidget()
            frame._values["moduleName"] = name
            self._widget = frame
            frame._panel = getattr(self._module, f"{name}Widget")(frame)
            slicer.modules.__dict__[f"{name}Widget"] = frame._panel
            frame.setMRMLScene(slicer.mrmlScene)
            frame._panel.setup()
            logging.debug("panel of %s made", name)
        return self._widget


def make_modules(logics: Any) -> ModuleType:
    """``slicer.modules`` with the modules of Slicer whose logic the stand-in has."""
    modules = ModuleType("slicer.modules")
    for name in WITH_LOGIC:
        module = qSlicerLoadableModule()
        module._values.update(name=name, title=name)
        module._make_logic = partial(logics.of_module, name)
        modules.__dict__[name.lower()] = module
    return modules
