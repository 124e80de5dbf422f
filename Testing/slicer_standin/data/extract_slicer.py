"""Copy the part of the Slicer tables that the stand-in uses into ``slicer.json``.

    python extract_slicer.py slicer-widget-api.json slicer-widget-runtime.json

The first table lists what the sources of Slicer and CTK declare, the second what a running Slicer
showed. Which classes are taken stands in ``slicer_classes.txt``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MISSED = {
    "qSlicerCoreApplication": ("testingEnabled", "sendEvent", "processEvents"),
    "qSlicerAbstractModule": ("widgetRepresentation", "createNewWidgetRepresentation"),
    "qSlicerAbstractModuleWidget": ("module",),
    "qSlicerCoreIOManager": ("loadNodes", "saveNodes"),
}
"""Methods that the tables lack: PythonQt decorators, and declarations of several lines."""


def wanted_classes() -> list[str]:
    """The names in ``slicer_classes.txt``."""
    lines = (HERE / "slicer_classes.txt").read_text("utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def main(api_file: str, runtime_file: str) -> None:
    """Write ``slicer.json``: the classes and their bases, what a .ui file can load, QWidget."""
    api = json.loads(Path(api_file).read_text("utf-8"))
    runtime = json.loads(Path(runtime_file).read_text("utf-8"))
    classes: dict[str, Any] = {}
    for name in wanted_classes():
        if name not in api:
            sys.exit(f"{name} is no class of Slicer or CTK")
        while name in api and name not in classes:
            entry = {**api[name], "attributes": runtime["classes"].get(name)}
            for method in MISSED.get(name, ()):
                entry["invokables"][method] = [[]]
            classes[name] = entry
            name = api[name]["base"]
    text = json.dumps(
        {"loadable_from_ui": runtime["loadable_from_ui"], "qwidget": runtime["qwidget"]}
    )
    rows = ",\n".join(f"{json.dumps(n)}: {json.dumps(classes[n])}" for n in sorted(classes))
    (HERE / "slicer.json").write_text(f'{text[:-1]},\n"classes": {{\n{rows}\n}}}}\n', "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
