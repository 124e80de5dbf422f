"""A Slicer without its executable, open for the length of a ``with`` block."""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PySide6 import QtCore

from slicer_standin import application as applications
from slicer_standin import dialogs, faults, packages
from slicer_standin import modules as slicer_modules
from slicer_standin.generated import standin_class
from slicer_standin.installed import installed
from slicer_standin.scene import Logics


class Desktop:
    """What a test needs of the running Slicer.

    ``app``, ``scene``, ``window``; ``module``, ``panel`` and ``widget`` once one is opened:
    the module object, the module's own ``…Widget`` and the Qt widget around it. ``installer``
    stands for pip: what was ``asked`` of it, and what ``install`` does.
    """

    def __init__(self, logics: Logics, slicer_module: Any) -> None:
        self.slicer, self.logics, self.scene = slicer_module, logics, logics.scene
        self.app = applications.the_application()
        self.window: Any = None
        self.module: Any = None
        self.panel: Any = None
        self.widget: Any = None
        self.installer = packages.installer

    def load(self, path: Path | str) -> Any:
        """Load a module file as Slicer does at its start; the module, its panel not yet made."""
        file = Path(path).resolve()
        module = standin_class("qSlicerScriptedLoadableModule")()
        self.app.moduleManager()._modules[file.stem] = module
        module._load(file)
        self.module = module
        self.app.startupCompleted.emit()
        return module

    def open(self, path: Path | str) -> Any:
        """Load a module file, show its panel and enter it; the module's ``…Widget``."""
        self.widget = self.load(path).widgetRepresentation()
        self.panel = self.widget.self()
        self.window.setCentralWidget(self.widget)
        self.window.show()
        self.widget.enter()
        self.process()
        return self.panel

    def ui(self, name: str) -> Any:
        """A widget of the panel by its object name."""
        return self.slicer.util.findChild(self.widget, name)

    def process(self, seconds: float = 0.0) -> None:
        """Let Qt work off what is waiting, for that long."""
        end = time.monotonic() + seconds
        self.app.processEvents()
        while time.monotonic() < end:
            time.sleep(0.002)
            self.app.processEvents()

    def wait_until(self, condition: Callable[[], Any], seconds: float = 30.0) -> None:
        """Let Qt work until the condition holds; AssertionError when it does not in that time."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"not so after {seconds} s"
            self.app.processEvents()
            time.sleep(0.002)

    def expect_dialog(self, *answers: Any) -> None:
        """What the user answers to the next dialogs: see ``dialogs.expect``."""
        dialogs.expect(*answers)

    def click_sample(self, name: str) -> Any:
        """Press the button of a data set in the module SampleData: its own downloader runs."""
        source = sys.modules["SampleData"].SampleDataLogic().sourceForSampleName(name)
        assert source is not None, f"no sample data is named {name}"
        return source.customDownloader(source)

    @property
    def dialogs(self) -> list[tuple[str, str]]:
        """Title and text of each dialog that came up."""
        return list(dialogs.shown)

    @property
    def opened_urls(self) -> list[str]:
        """What was handed to the user's browser or file manager."""
        return list(dialogs.opened)

    @property
    def status(self) -> str:
        """The text in the main window's status bar."""
        return self.window.statusBar().currentMessage()

    def faults(self) -> list[BaseException]:
        """Errors that callbacks raised since the last call; taken ones do not fail the test."""
        return faults.take()

    def _start(self, home: Path) -> None:
        self._layout_manager = standin_class("qSlicerLayoutManager")()
        self._layout_manager._begin(self.logics)
        self.app._begin(self.logics, self._layout_manager, home)
        self.window = applications.make_main_window(self.app)
        self.slicer.mrmlScene, self.slicer.app = self.scene, self.app
        self.slicer.modules = slicer_modules.make_modules(self.logics)
        sys.modules["slicer.modules"] = self.slicer.modules

    def _end(self) -> None:
        """Leave the panel, unload the modules, destroy the window."""
        if self.widget is not None:
            faults.guarded(self.widget.exit)
        manager = self.app.moduleManager()
        for name in manager.modulesNames():
            manager.moduleAboutToBeUnloaded.emit(name)
            sys.modules.pop(name, None)
        for signal in ("startupCompleted", "mrmlSceneChanged"):
            getattr(self.app, signal).disconnect()
        self.window.hide()
        self.window.deleteLater()
        self.app.sendPostedEvents(None, int(QtCore.QEvent.DeferredDelete))
        self.module = self.panel = self.widget = None
        self._layout_manager._end()
        self.app._end()
        self.logics.close()
        packages.installer.__init__()
        # A timer of the panel must not run on into the next test.
        gc.collect()


@contextmanager
def slicer_desktop(scene: Any = None) -> Iterator[Desktop]:
    """Slicer's ``qt``, ``ctk`` and the rest of ``slicer``, with a new scene or the one given.

    At the end everything is taken away again. An error raised in a callback, a dialog that nobody
    expected or an expected one that did not come up fails the block.
    """
    import slicer

    left: list[Any] = []
    with tempfile.TemporaryDirectory() as home, installed() as slicer_module, _errors_noted():
        logics = Logics(slicer.vtkMRMLScene() if scene is None else scene, Path(home))
        desktop = Desktop(logics, slicer_module)
        desktop._start(Path(home))
        dialogs.reset()
        faults.take()
        try:
            yield desktop
            desktop.app.processEvents()
            left = dialogs.reset()
        finally:
            desktop._end()
    for error in faults.take():
        raise AssertionError("a callback raised an error; it is printed above") from error
    assert not left, f"these dialogs were expected and did not come up: {left}"


@contextmanager
def open_module(path: Path | str, scene: Any = None) -> Iterator[Desktop]:
    """A Slicer in which that module is open."""
    with slicer_desktop(scene) as desktop:
        desktop.open(path)
        yield desktop


@contextmanager
def _errors_noted() -> Iterator[None]:
    """Errors in VTK observers and in methods that Qt calls end in ``sys.excepthook``."""
    before = sys.excepthook

    def note(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        faults.note(error)

    sys.excepthook = note
    try:
        yield
    finally:
        sys.excepthook = before
