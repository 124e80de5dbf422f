"""``slicer.app`` and the main window."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from PySide6 import QtCore, QtWidgets

from slicer_standin import messages
from slicer_standin.files_io import qSlicerIOManager
from slicer_standin.generated import Parts, standin, standin_class
from slicer_standin.picture import make_palette, use_own_font

VERSION = (5, 12, 3)


@standin
class qSlicerModuleManager(Parts, QtCore.QObject):
    """Knows the modules that the test opened."""

    def _set_up(self) -> None:
        self._modules: dict[str, Any] = {}

    def module(self, name: str) -> Any:
        return self._modules.get(name)

    def modulesNames(self) -> list[str]:
        return list(self._modules)


@standin
class qSlicerCoreApplication(Parts, QtWidgets.QApplication):
    """The process; ``_begin`` and ``_end`` give it a desktop's scene and home."""

    def _set_up(self) -> None:
        self.setApplicationName("Slicer")
        self.setOrganizationName("slicer.org")
        self.setStyle("Fusion")
        self._end()

    def _begin(self, logics: Any, layout_manager: Any, home: Path) -> None:
        self._logics, self._layout_manager, self._home = logics, layout_manager, home
        self._module_manager = qSlicerModuleManager()
        self._io_manager = qSlicerIOManager()
        self._io_manager._logics = logics
        for kind in (QtCore.QSettings.NativeFormat, QtCore.QSettings.IniFormat):
            QtCore.QSettings.setPath(kind, QtCore.QSettings.UserScope, str(home / "settings"))
        QtCore.QSettings.setDefaultFormat(QtCore.QSettings.IniFormat)
        self._values.update(
            slicerHome=str(home / "slicer"),
            temporaryPath=str(home / "temporary"),
            cachePath=str(home / "cache"),
            extensionsInstallPath=str(home / "extensions"),
            majorVersion=VERSION[0],
            minorVersion=VERSION[1],
            mainApplicationName="Slicer",
            mainApplicationDisplayName="3D Slicer",
            isInstalled=True,
            documentationBaseUrl="https://slicer.readthedocs.io/en/latest/",
        )
        for folder in ("slicer", "temporary", "cache", "settings"):
            (home / folder).mkdir(exist_ok=True)

    def _end(self) -> None:
        self._logics = self._layout_manager = self._module_manager = self._io_manager = None
        self._home = Path(tempfile.gettempdir())

    def mrmlScene(self) -> Any:
        return self._logics.scene

    def applicationLogic(self) -> Any:
        return self._logics.application

    def moduleLogic(self, name: str) -> Any:
        return self._logics.of_module(name)

    def coreIOManager(self) -> Any:
        return self._io_manager

    def moduleManager(self) -> Any:
        return self._module_manager

    def settings(self) -> QtCore.QSettings:
        return QtCore.QSettings()

    def userSettings(self) -> QtCore.QSettings:
        return QtCore.QSettings()

    def revisionUserSettings(self) -> QtCore.QSettings:
        return QtCore.QSettings()

    def testingEnabled(self) -> bool:
        """False: messages come up as dialogs, which a test answers."""
        return False

    def translate(self, context: str, text: str) -> str:
        return text

    def startupEnvironment(self) -> QtCore.QProcessEnvironment:
        return QtCore.QProcessEnvironment.systemEnvironment()

    def pauseRender(self) -> None:
        """Nothing is rendered."""

    def resumeRender(self) -> None:
        """Nothing is rendered."""


@standin
class qSlicerApplication(qSlicerCoreApplication):
    def layoutManager(self) -> Any:
        return self._layout_manager

    def ioManager(self) -> Any:
        return self._io_manager


def the_application() -> Any:
    """The one application of the process."""
    existing = QtWidgets.QApplication.instance()
    if existing is None:
        messages.apply()
        existing = standin_class("qSlicerApplication")(["Slicer"])
        use_own_font(existing)
        existing.setPalette(make_palette("light"))
    return existing


def make_main_window(app: Any) -> QtWidgets.QMainWindow:
    """The window by whose name ``slicer.util.mainWindow()`` finds it, with a status bar."""
    window = QtWidgets.QMainWindow()
    window.setObjectName("qSlicerMainWindow")
    window.statusBar()
    return window
