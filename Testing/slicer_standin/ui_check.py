"""A .ui file checked against what Slicer has, without loading it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

from slicer_standin import tables

_LAYOUTS = frozenset({"QHBoxLayout", "QVBoxLayout", "QGridLayout", "QFormLayout"})
_LAYOUT_ONLY = frozenset({"leftMargin", "topMargin", "rightMargin", "bottomMargin", "margin"})
_TAGS = {
    "bool": ("bool",),
    "int": ("number",),
    "double": ("double", "number"),
    "QString": ("string",),
    "QStringList": ("stringlist",),
}
"""How a property of a C++ type is written."""
_LAYOUT_SPACING = frozenset({"horizontalSpacing", "verticalSpacing", "spacing"})


def check_ui(path: Path | str) -> list[str]:
    """One line for each thing in the file that Slicer would not take; empty when it is fine."""
    return check_tree(ET.parse(path))


def check_tree(tree: ET.ElementTree) -> list[str]:
    """See ``check_ui``."""
    root = tree.getroot()
    classes = {str(w.get("name")): str(w.get("class")) for w in root.iter("widget")}
    return [
        *_widgets(root),
        *_names(root),
        *_custom_widgets(root),
        *_connections(root, classes),
    ]


def _widgets(root: ET.Element) -> list[str]:
    found = []
    for widget in root.iter("widget"):
        cls, name = str(widget.get("class")), str(widget.get("name"))
        if cls not in tables.loadable_from_ui():
            found.append(f"{name}: Slicer cannot create a {cls} from a .ui file")
            continue
        if not tables.lineage(cls):
            found.append(f"{name}: {cls} is not in the stand-in's tables (data/slicer_classes.txt)")
            continue
        for element in widget.findall("property"):
            prop = str(element.get("name"))
            if element.get("stdset") != "0":
                found += [f"{name}: {text}" for text in _property(cls, prop, element)]
    for layout in root.iter("layout"):
        cls = str(layout.get("class"))
        if cls not in _LAYOUTS:
            found.append(f"{layout.get('name')}: no layout of class {cls}")
            continue
        known = set(tables.properties(cls)) | _LAYOUT_ONLY | _LAYOUT_SPACING
        for element in layout.findall("property"):
            if element.get("name") not in known:
                found.append(f"{layout.get('name')}: {cls} has no property '{element.get('name')}'")
    return found


def _property(cls: str, prop: str, element: ET.Element) -> list[str]:
    if prop not in tables.properties(cls):
        return [f"{cls} has no property '{prop}'"]
    kind, value = tables.properties(cls)[prop]["type"], element[0]
    if not tables.properties(cls)[prop]["writable"]:
        return [f"the property '{prop}' of {cls} is not writable"]
    if kind in _TAGS and value.tag not in _TAGS[kind]:
        return [f"'{prop}' of {cls} is of type {kind}, not <{value.tag}>"]
    text = value.text or ""
    if value.tag in ("enum", "set") and any(key.count("::") > 1 for key in text.split("|")):
        return [f"'{prop}': Qt 5.15 does not read {text}, but the key with its class alone"]
    return []


def _names(root: ET.Element) -> list[str]:
    names = [str(w.get("name")) for w in root.iter("widget")]
    return [
        f"{n}: two widgets of this name" for n in sorted({n for n in names if names.count(n) > 1})
    ]


def _custom_widgets(root: ET.Element) -> list[str]:
    found = []
    described = {}
    for entry in root.iter("customwidget"):
        name = entry.findtext("class", "")
        described[name] = entry
        header = entry.findtext("header", "")
        if header != f"{name}.h":
            found.append(f"customwidget {name}: the header is {name}.h, not '{header}'")
        base = entry.findtext("extends", "")
        if name in tables.slicer_classes() and base not in tables.lineage(name)[1:]:
            found.append(f"customwidget {name}: it does not extend {base}")
    used = {str(w.get("class")) for w in root.iter("widget")}
    for name in sorted(used - set(described)):
        if not name.startswith("Q"):
            found.append(f"customwidget {name}: used, but not described")
    for name in sorted(set(described) - used):
        found.append(f"customwidget {name}: described, but not used")
    return found


def _connections(root: ET.Element, classes: dict[str, str]) -> list[str]:
    found = []
    for line in root.iter("connection"):
        sender, signal, receiver, slot = (
            line.findtext(key, "") for key in ("sender", "signal", "receiver", "slot")
        )
        text = f"{sender}.{signal} → {receiver}.{slot}"
        for end in {sender, receiver} - set(classes):
            found.append(f"connection {text}: no widget '{end}'")
        if sender in classes:
            name, arguments = tables.split_signature(signal)
            if arguments not in tables.signals(classes[sender]).get(name, ()):
                found.append(f"connection {text}: {classes[sender]} has no signal {signal}")
        if receiver in classes and not _has_slot(classes[receiver], slot):
            found.append(f"connection {text}: {classes[receiver]} has no slot {slot}")
    return found


def _has_slot(cls: str, slot: str) -> bool:
    name, arguments = tables.split_signature(slot)
    for base in tables.lineage(cls):
        entry = tables.slicer_classes().get(base)
        if entry and name in entry["slots"]:
            overloads = entry["slots"][name]
            return arguments in {",".join(map(tables.normalised, o)) for o in overloads}
    return name in tables.methods(cls)
