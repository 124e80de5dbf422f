"""Boxes in and out of Slicer's markups files (``.mrk.json``)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from GastricDiffLib.ct.box import BoxROI
from GastricDiffLib.errors import InputError
from GastricDiffLib.files import replacing

_RAS_LPS = np.diag([-1.0, -1.0, 1.0])
_DRAW = "draw the box with Slicer's ROI markup and save it as .mrk.json"
_SCHEMA = (
    "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/"
    "Resources/Schema/markups-schema-v1.0.3.json#"
)


def read_roi(path: str | Path) -> list[BoxROI]:
    """All ROI boxes of a Slicer markups file, in LPS mm; other markups in it are ignored.

    Raises
    ------
    InputError
        When the file is missing, no markups file, holds no ROI, or holds one that is not a plain
        box: another shape, inside out, without size, or damaged.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from GastricDiffLib.ct.roi import BoxROI, read_roi, write_roi
    >>> box = BoxROI(np.array([5, -20, 30]), np.eye(3), np.array([40, 40, 50]))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_roi(f"{folder}/roi.mrk.json", [box])
    ...     (found,) = read_roi(f"{folder}/roi.mrk.json")
    >>> found.center_lps.tolist(), found.size_mm.tolist()
    ([5.0, -20.0, 30.0], [40.0, 40.0, 50.0])
    """
    path = Path(path)
    markups = _read_markups(path)
    rois = [markup for markup in markups if markup.get("type") == "ROI"]
    if not rois:
        counts = Counter(str(markup.get("type", "untyped")) for markup in markups)
        held = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
        raise InputError(f"no ROI box in the file, it holds {held or 'no markup'}", path, _DRAW)
    return [_read_box(markup, f"{path}, ROI {n}") for n, markup in enumerate(rois, start=1)]


def write_roi(path: str | Path, boxes: Sequence[BoxROI]) -> None:
    """Write boxes as a markups file that Slicer loads, whole or not at all.

    Slicer shows one markup per file, so a file of several boxes is for this library.
    """
    text = json.dumps({"@schema": _SCHEMA, "markups": [_as_markup(box) for box in boxes]}, indent=1)
    with replacing(path) as beside:
        beside.write_text(text + "\n", encoding="utf-8")


def _read_markups(path: Path) -> list[dict[str, Any]]:
    if not path.is_file():
        raise InputError("no such ROI file", path)
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError, OSError) as error:
        raise InputError("the ROI file is not readable JSON", path, _DRAW) from error
    markups = content.get("markups") if isinstance(content, dict) else None
    if not isinstance(markups, list) or not all(isinstance(markup, dict) for markup in markups):
        raise InputError("the ROI file is JSON, but no Slicer markups file", path, _DRAW)
    return markups


def _read_box(markup: dict[str, Any], where: str) -> BoxROI:
    kind = markup.get("roiType", "Box")
    if kind not in ("Box", "BoundingBox"):
        raise InputError(f"the ROI is a {kind}, not a box", where, _DRAW)
    if markup.get("insideOut", False):
        raise InputError("the ROI is inside out", where, "clear 'Inside out' in Slicer")
    to_lps = _to_lps(markup, where)
    center = _numbers(markup, "center", 3, where)
    size = _numbers(markup, "size", 3, where)
    axes = np.eye(3)
    if "orientation" in markup:
        axes = _numbers(markup, "orientation", 9, where).reshape(3, 3)
    try:
        return BoxROI(to_lps @ center, to_lps @ axes, size, str(markup.get("name", "")))
    except InputError as error:
        raise InputError(error.what, f"{error.where}, {where}".lstrip(", "), _DRAW) from error


def _to_lps(markup: dict[str, Any], where: str) -> NDArray[np.float64]:
    """3×3 matrix from the markup's coordinates to LPS, which Slicer too takes for the default."""
    units = markup.get("coordinateUnits", "mm")
    if (units[0] if isinstance(units, list) and units else units) != "mm":
        raise InputError("the ROI is not in millimetres", f"{where}, {units}", "save it in mm")
    system = markup.get("coordinateSystem", "LPS")
    if system in ("LPS", "1"):
        return np.eye(3)
    if system in ("RAS", "0"):
        return _RAS_LPS
    raise InputError(f"unknown coordinate system {system!r}", where, "use LPS or RAS")


def _numbers(markup: dict[str, Any], key: str, count: int, where: str) -> NDArray[np.float64]:
    value = markup.get(key)
    try:
        numbers = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        numbers = np.empty(0)
    if numbers.shape != (count,) or not np.isfinite(numbers).all():
        missing = "is missing" if value is None else f"is not {count} finite numbers"
        raise InputError(f"the ROI's {key} {missing}", where, _DRAW)
    return numbers


def _as_markup(box: BoxROI) -> dict[str, Any]:
    center, orientation = box.center_lps.tolist(), box.axes_lps.ravel().tolist()
    return {
        "type": "ROI",
        "name": box.name,
        "coordinateSystem": "LPS",
        "coordinateUnits": "mm",
        "roiType": "Box",
        "center": center,
        "orientation": orientation,
        "size": box.size_mm.tolist(),
        "insideOut": False,
        "controlPoints": [
            {
                "id": "1",
                "label": box.name,
                "position": center,
                "orientation": [-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0],
                "positionStatus": "defined",
            }
        ],
    }
