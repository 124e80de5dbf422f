"""``qt.QUiLoader``: the real one, with the stand-ins for Slicer's and CTK's widgets.

Qt builds widgets, layouts and Qt's own properties. What is of Slicer's classes (their properties,
every signal–slot line) is set here through the stand-ins, so that what Slicer lacks is refused;
and so is a class that Slicer would have replaced by an empty QWidget without a word.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

from PySide6 import QtCore, QtUiTools

from slicer_standin import python_qt, tables
from slicer_standin.generated import standin_class
from slicer_standin.ui_check import check_tree

_classes_in_use: list[type] = []
"""Qt keeps no reference to a registered class."""


class QUiLoader(QtUiTools.QUiLoader):
    """Loads a .ui file as Slicer does, or raises what is wrong with it."""

    def load(self, device: Any, parent: Any = None) -> Any:
        tree = ET.ElementTree(ET.fromstring(bytes(device.readAll().data())))
        complaints = check_tree(tree)
        if complaints:
            raise RuntimeError("Slicer would not take this .ui file:\n" + "\n".join(complaints))
        root = tree.getroot()
        for name in {w.get("class") for w in root.iter("widget")} & set(tables.slicer_classes()):
            cls = standin_class(str(name))
            _classes_in_use.append(cls)
            self.registerCustomWidget(cls)
        own = _take_own_properties(root)
        connections = _take_connections(root)
        buffer = QtCore.QBuffer()
        buffer.setData(ET.tostring(root))
        buffer.open(QtCore.QIODevice.ReadOnly)
        python_qt.loading.append("ui")
        try:
            widget = super().load(buffer, parent)
        finally:
            python_qt.loading.clear()
        by_name = {w.name: w for w in (widget, *widget.findChildren(QtCore.QObject)) if w.name}
        for name, prop, value in own:
            setattr(by_name[name], prop, _enum(type(by_name[name]), prop, value))
        for sender, signal, receiver, slot in connections:
            by_name[sender].connect(signal, by_name[receiver], slot)
        return widget


def _take_own_properties(root: ET.Element) -> list[tuple[str, str, Any]]:
    """Remove the properties of Slicer's classes from the tree; object, property, value of each."""
    taken = []
    for widget in root.iter("widget"):
        cls = str(widget.get("class"))
        own = {
            prop
            for name in tables.lineage(cls)
            if name in tables.slicer_classes()
            for prop in tables.slicer_classes()[name]["properties"]
        }
        for element in widget.findall("property"):
            if element.get("name") in own:
                widget.remove(element)
                taken.append((str(widget.get("name")), str(element.get("name")), _value(element)))
    return taken


def _value(element: ET.Element) -> Any:
    """The Python value of a ``<property>``: bool, number, text, list of texts, enum's key."""
    (inner,) = list(element)
    text = inner.text or ""
    if inner.tag == "bool":
        return text == "true"
    if inner.tag == "number":
        return int(text)
    if inner.tag in ("double", "float"):
        return float(text)
    if inner.tag == "stringlist":
        return [entry.text or "" for entry in inner.findall("string")]
    return _Keys(text) if inner.tag in ("enum", "set") else text


class _Keys(str):
    """The text of an enum's keys: ``ctkPathLineEdit::Dirs|ctkPathLineEdit::Readable``."""


def _enum(cls: type, prop: str, value: Any) -> Any:
    """The number that an enum's keys stand for; anything else as it is."""
    if not isinstance(value, _Keys):
        return value
    combined = 0
    for key in value.split("|"):
        number = getattr(cls, key.rpartition("::")[2], None)
        if number is None:
            raise NotImplementedError(f"{key} for {cls.__name__}.{prop}: the stand-in lacks it")
        combined |= int(number)
    return combined


def _take_connections(root: ET.Element) -> list[tuple[str, str, str, str]]:
    parent = root.find("connections")
    taken = []
    for line in [] if parent is None else parent.findall("connection"):
        taken.append(tuple(line.findtext(k, "") for k in ("sender", "signal", "receiver", "slot")))
    if parent is not None:
        root.remove(parent)
    return taken
