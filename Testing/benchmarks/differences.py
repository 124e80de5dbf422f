"""How two files or folders of results differ; the comparisons of ``same_results.py``.

Each takes both paths and returns how they differ, or None where they are equal.
"""

from __future__ import annotations

import csv
import filecmp
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import SimpleITK as sitk
from safetensors import safe_open

RENAMED = {"evidence": "cam"}
"""What the class activation map was called once, and now."""


class Difference(NamedTuple):
    """In one line, the largest in numbers, and each value that differs."""

    summary: str
    largest: float = 0.0
    values: tuple[str, ...] = ()


def by_bytes(a: Path, b: Path) -> Difference | None:
    """Bytes of a file; names and bytes of all files in a folder."""
    if a.is_dir():
        return _folders(a, b)
    if filecmp.cmp(a, b, shallow=False):
        return None
    if a.suffix == ".csv":
        return by_value(a, b) or Difference("the same values in other bytes")
    if a.suffix == ".nrrd":
        one, two = (sitk.GetArrayFromImage(sitk.ReadImage(str(path))) for path in (a, b))
        if one.shape != two.shape:
            return Difference(f"shape {one.shape} and {two.shape}")
        largest = float(abs(one - two).max())
        return Difference(f"other bytes, voxels by at most {largest:.3g}", largest)
    return Difference("other bytes")


def by_value(a: Path, b: Path, without: tuple[str, ...] = ()) -> Difference | None:
    """The values of a CSV or JSON file, but for the JSON fields ``without``."""
    return _moved(_values(a, without), _values(b, without))


def by_tensor(a: Path, b: Path) -> Difference | None:
    """Every tensor of a model file, and its metadata but for date, versions and name."""
    with safe_open(a, "pt") as one, safe_open(b, "pt") as two:
        names = list(one.keys())
        if sorted(names) != sorted(two.keys()):
            return Difference("other names of tensors")
        pairs = [(one.get_tensor(name), two.get_tensor(name)) for name in names]
        metadata = [_metadata(file.metadata()) for file in (one, two)]
    if any(x.shape != y.shape or x.dtype != y.dtype for x, y in pairs):
        return Difference("other shapes or types of tensors")
    other = [float((x.double() - y.double()).abs().max()) for x, y in pairs if not x.equal(y)]
    if other:
        summary = f"{len(other)} of {len(pairs)} tensors, by at most {max(other):.3g}"
        return Difference(summary, max(other))
    return _moved(*metadata)


def read_csv(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _folders(a: Path, b: Path) -> Difference | None:
    names = [{str(path.relative_to(side)) for path in side.rglob("*")} for side in (a, b)]
    if lone := sorted(names[0] ^ names[1]):
        return Difference(f"{len(lone)} files are on one side only, such as {lone[0]}")
    files = sorted(name for name in names[0] if (a / name).is_file())
    other = [name for name in files if not filecmp.cmp(a / name, b / name, shallow=False)]
    if not other:
        return None
    return Difference(f"{len(other)} of {len(files)} files, such as {other[0]}")


def _values(path: Path, without: tuple[str, ...]) -> dict[str, Any]:
    """Each value by its place: row and column, or the names of the fields around it."""
    if path.suffix == ".json":
        return dict(_leaves(json.loads(path.read_text(encoding="utf-8")), without))
    return {
        f"row {number} ({next(iter(row.values()))}), {column}": value
        for number, row in enumerate(read_csv(path), start=1)
        for column, value in row.items()
    }


def _metadata(texts: dict[str, str]) -> dict[str, Any]:
    parsed = {name: json.loads(text) if text[:1] == "{" else text for name, text in texts.items()}
    return dict(_leaves(parsed, ("date", "versions", "name")))


def _leaves(value: Any, without: tuple[str, ...], place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, (dict, list)):
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            if name not in without:
                yield from _leaves(inner, without, f"{place}.{name}".lstrip("."))
    else:
        yield place, RENAMED.get(value, value) if isinstance(value, str) else value


def _moved(a: dict[str, Any], b: dict[str, Any]) -> Difference | None:
    if lone := sorted(a.keys() ^ b.keys()):
        return Difference(f"{len(lone)} values are on one side only, such as {lone[0]}")
    lines, largest = [], 0.0
    for place in (place for place in a if a[place] != b[place]):
        change = _number(b[place]) - _number(a[place])
        known = math.isfinite(change)
        largest = max(largest, abs(change)) if known else largest
        lines.append(f"{place}: {a[place]} → {b[place]}" + (f" ({change:+.3g})" if known else ""))
    if not lines:
        return None
    summary = f"{len(lines)} of {len(a)} values, by at most {largest:.3g}"
    return Difference(summary, largest, tuple(lines))


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan
