"""Write ``qt.json``: what Qt 5.15's own classes offer, read off an installed PyQt5.

Slicer 5.10 and 5.12 are built on Qt 5.15; the stand-in runs on Qt 6, which knows more.
Run once, by a Python that has PyQt5; nothing else in the project needs it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PyQt5 import QtCore, QtGui, QtNetwork, QtPrintSupport, QtSvg, QtWidgets, QtXml

HERE = Path(__file__).parent
MODULES = (QtCore, QtGui, QtWidgets)
GATHERED = (*MODULES, QtNetwork, QtPrintSupport, QtSvg, QtXml)
"""The modules whose names Slicer's ``qt`` gathers, as far as PyQt5 has them."""
ALSO = [
    "QObject",
    "QTimer",
    "QSettings",
    "QProcess",
    "QThread",
    "QFileSystemWatcher",
    "QCoreApplication",
    "QFile",
    "QFileDevice",
    "QIODevice",
    "QBuffer",
    "QTemporaryFile",
    "QSaveFile",
    "QAbstractItemModel",
    "QAbstractTableModel",
    "QAbstractListModel",
    "QAbstractProxyModel",
    "QSortFilterProxyModel",
    "QItemSelectionModel",
    "QStringListModel",
    "QEventLoop",
    "QStandardItemModel",
    "QGuiApplication",
    "QClipboard",
    "QTextDocument",
    "QValidator",
    "QIntValidator",
    "QDoubleValidator",
    "QRegularExpressionValidator",
    "QScreen",
    "QWindow",
    "QPdfWriter",
    "QTranslator",
    "QPropertyAnimation",
    "QAbstractAnimation",
    "QVariantAnimation",
    "QSignalMapper",
    "QMimeData",
]


def table(cls: type) -> dict[str, Any]:
    """Properties, signals, slots and methods that the class itself adds to its base."""
    meta = cls.staticMetaObject
    properties = {}
    for index in range(meta.propertyOffset(), meta.propertyCount()):
        entry = meta.property(index)
        kind = "enum" if entry.isEnumType() else entry.typeName()
        properties[entry.name()] = {"type": kind, "writable": entry.isWritable()}
    signals: dict[str, list[str]] = {}
    slots: set[str] = set()
    for index in range(meta.methodOffset(), meta.methodCount()):
        method = meta.method(index)
        name, _, arguments = bytes(method.methodSignature()).decode().partition("(")
        if name.startswith("_"):
            continue
        if method.methodType() == QtCore.QMetaMethod.Signal:
            signals.setdefault(name, []).append(arguments[:-1])
        else:
            slots.add(name)
    names = {name for name in vars(cls) if not name.startswith("_")}
    return {
        "base": meta.superClass().className() if meta.superClass() else "",
        "properties": properties,
        "signals": signals,
        "methods": sorted((names | slots) - set(signals)),
    }


def main() -> None:
    application = QtWidgets.QApplication(["extract", "-platform", "offscreen"])
    classes = {}
    for module in MODULES:
        for name, cls in vars(module).items():
            if not isinstance(cls, type) or not issubclass(cls, QtCore.QObject):
                continue
            if module is QtWidgets or name in ALSO:
                classes[name] = table(cls)
    rows = ",\n".join(f"{json.dumps(n)}: {json.dumps(classes[n])}" for n in sorted(classes))
    names = {n for module in GATHERED for n in vars(module) if n[0] == "Q"}
    head = {"version": QtCore.QT_VERSION_STR, "names": sorted(names)}
    text = f'{json.dumps(head)[:-1]},\n"classes": {{\n{rows}\n}}}}\n'
    (HERE / "qt.json").write_text(text, "utf-8")
    del application


if __name__ == "__main__":
    main()
