"""``cohort.csv``: which image, ROI and label make a case."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from GastricDiffLib import CLASSES
from GastricDiffLib.errors import InputError

REQUIRED = ("case_id", "image", "roi", "label")
OPTIONAL = ("patient_id", "split")
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class CohortRow:
    """One case: paths made absolute, label 0 or 1, ``patient_id`` the case's own id where the
    file has none, ``split`` empty where it is left to us, ``number`` its line in the file,
    ``extra`` what further columns hold."""

    case_id: str
    image: Path
    roi: Path
    label: int
    patient_id: str
    split: str
    number: int
    extra: dict[str, str] = field(default_factory=dict, compare=False)


def read_cohort(path: Path | str, classes: Sequence[str] = CLASSES) -> list[CohortRow]:
    """Read ``cohort.csv``; paths in it are relative to the file.

    Parameters
    ----------
    path
        The CSV file, UTF-8, with the columns ``case_id,image,roi,label`` and optionally
        ``patient_id,split`` and others.
    classes
        Names of label 0 and 1.

    Raises
    ------
    InputError
        Naming every fault of the file at once, by row and column: a cell that is wrong by itself, a
        case that stands twice, a patient in two splits, one image under two patients.
    """
    path = Path(path)
    columns, records = _records(path)
    extra = [name for name in columns if name and name not in (*REQUIRED, *OPTIONAL)]
    faults: list[tuple[int, str]] = []
    rows: list[CohortRow] = []
    for number, record in records:
        if None in record:
            faults.append((number, "more cells than columns; put cells with commas in quotes"))
        cells = {key: (value or "").strip() for key, value in record.items() if key}
        found = _cell_faults(cells, path.parent, classes)
        faults += [(number, fault) for fault in found]
        rows.append(
            CohortRow(
                cells["case_id"],
                (path.parent / cells["image"]).resolve(),
                (path.parent / cells["roi"]).resolve(),
                _label(cells["label"], classes),
                cells.get("patient_id") or cells["case_id"],
                cells.get("split", ""),
                number,
                {name: cells[name] for name in extra},
            )
        )
    faults += _faults_between(rows)
    if faults:
        listed = "; ".join(f"row {number}, {fault}" for number, fault in sorted(faults))
        raise InputError(f"{len(faults)} fault(s)", path, listed)
    if not rows:
        raise InputError("no case in it", path, "add one row a case")
    return rows


def _records(path: Path) -> tuple[list[str], list[tuple[int, dict[str | None, Any]]]]:
    """The columns, and (line, cells by column) of every row."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            records = [(reader.line_num, record) for record in reader]
            columns = list(reader.fieldnames or [])
    except FileNotFoundError as error:
        raise InputError("no such file", path, "name a cohort.csv or a dataset folder") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError("not a readable CSV file", path, "save it as UTF-8 CSV") from error
    missing = [column for column in REQUIRED if column not in columns]
    if missing:
        hint = f"it needs {','.join(REQUIRED)}"
        if len(columns) == 1 and ";" in columns[0]:
            hint = f"{hint}; save it with commas, not semicolons"
        for column in missing:
            hint += _suggestion(column, columns, "rename {!r}")
        raise InputError(f"column {', '.join(missing)} missing", path, hint)
    twice = [name for name in dict.fromkeys(columns) if name and columns.count(name) > 1]
    if twice:
        raise InputError(f"column {', '.join(twice)} stands twice", path, "rename or remove one")
    return columns, records


def _label(text: str, classes: Sequence[str]) -> int:
    values = {"0": 0, "1": 1, classes[0]: 0, classes[1]: 1}
    return values.get(text, -1)


def _suggestion(text: str, words: Iterable[str], question: str = "did you mean {!r}?") -> str:
    by_lower = {word.lower(): word for word in words}
    close = get_close_matches(text.lower(), by_lower, n=1)
    return f"; {question.format(by_lower[close[0]])}" if close else ""


def _cell_faults(cells: dict[str, str], base: Path, classes: Sequence[str]) -> list[str]:
    faults = []
    if not cells["case_id"]:
        faults.append("case_id: empty; give each case a name of its own")
    for column in ("image", "roi"):
        if not cells[column]:
            faults.append(f"{column}: empty; give the path, relative to this file")
        elif not (base / cells[column]).exists():
            faults.append(f"{column}: {cells[column]!r} does not exist; correct the path")
    label, split = cells["label"], cells.get("split", "")
    if _label(label, classes) < 0:
        known = f"{classes[0]}, {classes[1]}, 0, 1"
        faults.append(f"label: {label!r} is none of {known}{_suggestion(label, classes)}")
    if split not in ("", *SPLITS):
        faults.append(
            f"split: {split!r} is none of {', '.join(SPLITS)}{_suggestion(split, SPLITS)}"
        )
    return faults


def _faults_between(rows: Sequence[CohortRow]) -> list[tuple[int, str]]:
    """What only shows when rows are compared, reported at the later one."""
    faults: list[tuple[int, str]] = []
    ids: dict[str, CohortRow] = {}
    pairs: dict[tuple[Path, Path], CohortRow] = {}
    images: dict[Path, CohortRow] = {}
    splits: dict[str, CohortRow] = {}
    for row in rows:
        if row.case_id:
            first = ids.setdefault(row.case_id, row)
            if first is not row:
                fault = f"case_id: {row.case_id!r} stands twice, first in row {first.number}"
                faults.append((row.number, f"{fault}; names must differ"))
                continue
        if row.image.exists() and row.roi.is_file():
            same = pairs.setdefault((row.image, row.roi), row)
            other = images.setdefault(row.image, row)
            if same is not row:
                fault = f"case_id: {row.case_id!r} is row {same.number}'s case again, image and ROI"
                faults.append((row.number, f"{fault}; remove one"))
            elif other.patient_id != row.patient_id:
                fault = f"patient_id: row {other.number} has the same image under another patient"
                faults.append((row.number, f"{fault}; give both the same patient_id"))
        if row.split in SPLITS:
            placed = splits.setdefault(row.patient_id, row)
            if placed.split != row.split:
                fault = f"split: {row.split!r}, but row {placed.number} has the same patient in"
                faults.append((row.number, f"{fault} {placed.split!r}; keep a patient on one side"))
    return faults
