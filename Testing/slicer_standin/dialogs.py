"""Modal dialogs: a test sets beforehand what the user answers. One that nobody expects is a fault.

``expect(qt.QMessageBox.Yes)``, ``expect("/a/path")``, ``expect(lambda dialog: …)``.
"""

from __future__ import annotations

import functools
from collections import deque
from pathlib import Path
from typing import Any

from PySide6 import QtGui, QtWidgets

_answers: deque[Any] = deque()
opened: list[str] = []
"""Every URL handed to ``qt.QDesktopServices.openUrl``."""
shown: list[tuple[str, str]] = []
"""Title (or the kind of a file dialog) and text of each dialog that came up."""


class UnexpectedDialog(AssertionError):
    """A dialog would have stopped the test for good."""


def expect(*answers: Any) -> None:
    """What the user answers to the next dialogs.

    A button or return code, a path (``""`` or None: cancelled), or a function of the dialog that
    returns one of these.
    """
    _answers.extend(answers)


def reset() -> list[Any]:
    """Forget all; the answers that nobody asked for are returned."""
    left = list(_answers)
    _answers.clear()
    shown.clear()
    opened.clear()
    return left


def file_dialog(kind: str, *args: Any) -> Any:
    """What QFileDialog's static functions return in PythonQt: the path alone, or ``""``."""
    texts = [str(a) for a in args if isinstance(a, (str, Path))]
    answer = _next(kind, texts[0] if texts else "", None)
    if kind == "getOpenFileNames":
        return [str(path) for path in answer or []]
    return str(answer) if answer else ""


def message_box(kind: str, parent: Any, title: str, text: str, *args: Any) -> Any:
    """What QMessageBox's static functions return."""
    answer = _next(title, text, None)
    return QtWidgets.QMessageBox.Ok if answer is None else answer


def input_dialog(kind: str) -> Any:
    """A static function of QInputDialog: in PythonQt it returns the value alone."""
    return lambda parent, title, label, *args: _next(title, label, None)


def open_url(url: Any) -> bool:
    """Nothing is opened; ``opened`` lists what would be."""
    opened.append(url.toString())
    return True


def run_dialog(dialog: QtWidgets.QDialog) -> int:
    """``dialog.exec_()``: the answer as the return code."""
    answer = _next(dialog.windowTitle, getattr(dialog, "text", ""), dialog)
    return int(answer or 0)


def _next(title: str, text: str, dialog: Any) -> Any:
    shown.append((title, text))
    if not _answers:
        raise UnexpectedDialog(f"nobody answers the dialog {title!r}: {text!r}")
    answer = _answers.popleft()
    return answer(dialog) if callable(answer) else answer


def apply() -> None:
    """Put these in the place of Qt's own."""
    chooser: Any = QtWidgets.QFileDialog
    for kind in ("getOpenFileName", "getOpenFileNames", "getSaveFileName", "getExistingDirectory"):
        setattr(chooser, kind, staticmethod(functools.partial(file_dialog, kind)))
    box: Any = QtWidgets.QMessageBox
    for kind in ("question", "information", "warning", "critical", "about"):
        setattr(box, kind, staticmethod(functools.partial(message_box, kind)))
    asker: Any = QtWidgets.QInputDialog
    for kind in ("getText", "getItem", "getInt", "getDouble", "getMultiLineText"):
        setattr(asker, kind, staticmethod(input_dialog(kind)))
    services: Any = QtGui.QDesktopServices
    services.openUrl = staticmethod(open_url)
    for cls in (QtWidgets.QDialog, box, chooser):
        cls.exec = run_dialog
        cls.exec_ = run_dialog
