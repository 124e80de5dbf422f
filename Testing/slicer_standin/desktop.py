"""A Slicer without its executable, open for the length of a ``with`` block."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from slicer_standin import application as applications
from slicer_standin import (
    dialogs,
    faults,
    i18n,
    parameter_nodes,
    qt_module,
    scripted_module,
    widgets,
)
from slicer_standin import modules as slicer_modules
from slicer_standin.generated import standin_class
from slicer_standin.scene import Logics
from slicer_standin.tables import slicer_classes

assert widgets
_NOTHING = object()


class Desktop:
    """What a test needs of the running Slicer.

    ``app``, ``scene``, ``window``; ``module``, ``panel`` and ``widget`` once one is opened:
    the module object, the module's own ``…Widget`` and the Qt widget around it.
    """

    def __init__(self, app: Any, logics: Logics, window: Any, slicer_module: Any) -> None:
        self.app, self.logics, self.window = app, logics, window
        self.scene = logics.scene
        self.slicer = slicer_module
        self.module: Any = None
        self.panel: Any = None
        self.widget: Any = None

    def open(self, path: Path | str) -> Any:
        """Load a module file, show its panel and enter it; the module's ``…Widget``."""
        file = Path(path).resolve()
        module = standin_class("qSlicerScriptedLoadableModule")()
        self.app.moduleManager()._modules[file.stem] = module
        module._load(file)
        self.module, self.widget = module, module.widgetRepresentation()
        self.panel = self.widget.self()
        self.window.setCentralWidget(self.widget)
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
            self.app.processEvents()
            time.sleep(0.002)

    def wait_until(self, condition: Callable[[], Any], seconds: float = 30.0) -> None:
        """Let Qt work until the condition holds.

        Raises
        ------
        AssertionError
            when it does not within that time
        """
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"not so after {seconds} s"
            self.app.processEvents()
            time.sleep(0.002)

    def expect_dialog(self, *answers: Any) -> None:
        """What the user answers to the next dialogs: see ``dialogs.expect``."""
        dialogs.expect(*answers)

    @property
    def dialogs(self) -> list[tuple[str, str]]:
        """Title and text of each dialog that came up."""
        return list(dialogs.shown)

    @property
    def status(self) -> str:
        """The text in the main window's status bar."""
        return self.window.statusBar().currentMessage()

    def faults(self) -> list[BaseException]:
        """Errors that callbacks raised since the last call; taken ones do not fail the test."""
        return faults.take()


@contextmanager
def slicer_desktop(scene: Any = None) -> Iterator[Desktop]:
    """Slicer's ``qt``, ``ctk`` and the rest of ``slicer``, with a new scene or the one given.

    At the end everything is taken away again. An error raised in a callback, a dialog that nobody
    expected or an expected one that did not come up fails the block.
    """
    import slicer

    with tempfile.TemporaryDirectory() as home, _installed() as slicer_module:
        app = applications.the_application()
        logics = Logics(slicer.vtkMRMLScene() if scene is None else scene)
        layout_manager = standin_class("qSlicerLayoutManager")()
        layout_manager._begin(logics)
        app._begin(logics, layout_manager, Path(home))
        window = applications.make_main_window(app)
        slicer_module.mrmlScene, slicer_module.app = logics.scene, app
        slicer_module.modules = slicer_modules.make_modules(logics)
        sys.modules["slicer.modules"] = slicer_module.modules
        desktop = Desktop(app, logics, window, slicer_module)
        dialogs.reset()
        faults.take()
        try:
            yield desktop
            window.show()
            app.processEvents()
            found, left = faults.take(), dialogs.reset()
        finally:
            _close(desktop, layout_manager)
    late = faults.take()
    for error in (*found, *late):
        raise AssertionError("a callback raised an error; it is printed above") from error
    assert not left, f"these dialogs were expected and did not come up: {left}"


@contextmanager
def open_module(path: Path | str, scene: Any = None) -> Iterator[Desktop]:
    """A Slicer in which that module is open."""
    with slicer_desktop(scene) as desktop:
        desktop.open(path)
        yield desktop


def _close(desktop: Desktop, layout_manager: Any) -> None:
    manager = desktop.app.moduleManager()
    if desktop.widget is not None:
        faults.guarded(desktop.widget.exit)
    for name in list(manager.modulesNames()):
        manager.moduleAboutToBeUnloaded.emit(name)
    desktop.window.hide()
    desktop.window.deleteLater()
    desktop.app.processEvents()
    desktop.app.sendPostedEvents(None, 52)  # deferred deletions
    layout_manager._end()
    desktop.app._end()
    desktop.logics.close()


@contextmanager
def _installed() -> Iterator[Any]:
    """Put ``qt``, ``ctk`` and what belongs to ``slicer`` in place; take them away afterwards."""
    import slicer

    modules_before = dict(sys.modules)
    path_before = list(sys.path)
    added: dict[str, Any] = {
        "ScriptedLoadableModule": _as_module("slicer.ScriptedLoadableModule", scripted_module),
        "parameterNodeWrapper": _as_module("slicer.parameterNodeWrapper", parameter_nodes),
        "i18n": _as_module("slicer.i18n", i18n),
        "selfTests": {},
        "mrmlScene": None,
        "app": None,
        "modules": None,
    }
    for name in slicer_classes():
        if name.startswith("q"):
            added[name] = standin_class(name)
    before = {name: vars(slicer).get(name, _NOTHING) for name in added}
    vars(slicer).update(added)
    sys.modules["qt"], sys.modules["ctk"] = qt_module.make_qt(), qt_module.make_ctk()
    for name, value in added.items():
        if isinstance(value, ModuleType):
            sys.modules[f"slicer.{name}"] = value
    try:
        yield slicer
    finally:
        for name, value in before.items():
            if value is _NOTHING:
                delattr(slicer, name)
            else:
                setattr(slicer, name, value)
        sys.path[:] = path_before
        for name in set(sys.modules) - set(modules_before):
            if _is_ours(name):
                del sys.modules[name]


def _is_ours(name: str) -> bool:
    """Whether a module was loaded for the desktop: it may hold on to ``qt`` or to the scene."""
    file = getattr(sys.modules[name], "__file__", None)
    if name in ("qt", "ctk") or name.startswith("slicer."):
        return True
    return file is not None and "site-packages" not in file and not file.startswith(sys.base_prefix)


def _as_module(name: str, source: ModuleType) -> ModuleType:
    """A module of another name with the public content of one of ours."""
    module = ModuleType(name, source.__doc__)
    public = getattr(source, "__all__", [key for key in vars(source) if not key.startswith("_")])
    module.__dict__.update({key: getattr(source, key) for key in public})
    return module
