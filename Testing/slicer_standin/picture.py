"""Pictures of a widget as it would look in Slicer's module panel."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets

PALETTES = ("light", "dark")
_LIGHT = {"window": "#efefef", "base": "#ffffff", "alternate": "#f7f7f7", "button": "#efefef"}
_DARK = {"window": "#323232", "base": "#191919", "alternate": "#323232", "button": "#323232"}


def use_own_font(app: Any) -> None:
    """DejaVu Sans out of matplotlib: the same on every machine, also on one without any fonts."""
    # Found without importing it, which a test may want to rule out.
    found = find_spec("matplotlib")
    assert found is not None and found.origin is not None
    folder = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
    for name in ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf"):
        QtGui.QFontDatabase.addApplicationFont(str(folder / name))
    app.setFont(QtGui.QFont("DejaVu Sans", 9))


def make_palette(name: str) -> QtGui.QPalette:
    """``"light"`` or ``"dark"``: close to the two that Slicer offers."""
    dark = name == "dark"
    colours, text = (_DARK, "#ffffff") if dark else (_LIGHT, "#000000")
    palette = QtGui.QPalette(QtGui.QColor(colours["button"]), QtGui.QColor(colours["window"]))
    for role, colour in (
        (QtGui.QPalette.Base, colours["base"]),
        (QtGui.QPalette.AlternateBase, colours["alternate"]),
        (QtGui.QPalette.ToolTipBase, colours["base"]),
        (QtGui.QPalette.Highlight, "#2a82da" if dark else "#3087c2"),
        (QtGui.QPalette.HighlightedText, "#000000" if dark else "#ffffff"),
        (QtGui.QPalette.Link, "#5aaefc" if dark else "#0057ae"),
    ):
        palette.setColor(role, QtGui.QColor(colour))
    for role in (
        QtGui.QPalette.WindowText,
        QtGui.QPalette.Text,
        QtGui.QPalette.ButtonText,
        QtGui.QPalette.ToolTipText,
    ):
        palette.setColor(role, QtGui.QColor(text))
        palette.setColor(QtGui.QPalette.Disabled, role, QtGui.QColor("#808080"))
    return palette


def grab(
    widget: Any,
    path: Path | str,
    width: int = 350,
    palette: str = "light",
    height: int | None = None,
) -> list[str]:
    """Save a PNG of a widget at a width (and height, else as high as it needs), in pixels.

    What is cut off there: one line for each visible child that needs more width than it gets.
    """
    if palette not in PALETTES:
        raise ValueError(f"palette is one of {', '.join(PALETTES)}, not {palette!r}")
    app = QtWidgets.QApplication.instance()
    before, size = app.palette(), widget.size
    app.setPalette(make_palette(palette))
    frame = QtWidgets.QWidget()
    frame.setAttribute(QtCore.Qt.WA_DontShowOnScreen)
    owner = widget.parentWidget()
    column = QtWidgets.QVBoxLayout(frame)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(widget)
    widget.setVisible(True)
    try:
        # Twice: what wraps its text knows its height only once it has its width.
        for _ in range(2):
            needed = max(widget.heightForWidth(width), widget.sizeHint.height())
            frame.setFixedSize(width, height or needed)
            frame.show()
            app.processEvents()
        if not frame.grab().save(str(path), "PNG"):
            raise OSError(f"{path} could not be written")
        return _cut_off(frame)
    finally:
        widget.setParent(owner)
        if isinstance(owner, QtWidgets.QMainWindow):
            owner.setCentralWidget(widget)
        widget.resize(size)
        app.setPalette(before)
        frame.deleteLater()


def _cut_off(frame: QtWidgets.QWidget) -> list[str]:
    found = []
    for child in frame.findChildren(QtWidgets.QWidget):
        if not child.visible or not child.objectName or child.objectName.startswith("qt_"):
            continue
        right = child.mapTo(frame, QtCore.QPoint(child.width, 0)).x()
        if right > frame.width:
            found.append(f"{child.objectName} ends {right - frame.width} px outside")
        elif isinstance(child, (QtWidgets.QPushButton, QtWidgets.QLabel, QtWidgets.QCheckBox)):
            wraps = isinstance(child, QtWidgets.QLabel) and child.wordWrap
            if child.sizeHint.width() > child.width + 1 and not wraps:
                found.append(f"{child.objectName} needs {child.sizeHint.width()} px")
    return found
