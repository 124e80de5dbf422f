"""``cohort.csv``: which image, ROI and label make a case."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from GastricDiffLib import CLASSES
from GastricDiffLib.errors import InputError

REQUIRED = ("case_id", "image", "roi", "label")
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class CohortRow:
    """One case: paths made absolute, label 0 or 1, ``patient_id`` the case's own id where the
    file has none, ``split`` empty where it is left to us."""

    case_id: str
    image: Path
    roi: Path
    label: int
    patient_id: str
    split: str


def read_cohort(path: Path | str, classes: Sequence[str] = CLASSES) -> list[CohortRow]:
    """Read ``cohort.csv``; paths in it are relative to the file.

    Args:
        path: the CSV file, UTF-8, with the columns ``case_id,image,roi,label`` and optionally
            ``patient_id,split``; others are ignored here.
        classes: names of label 0 and 1.

    Raises:
        InputError: naming every fault of the file at once, by row and column.
    """
    path = Path(path)
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            records = list(reader)
            columns = reader.fieldnames or []
    except FileNotFoundError as error:
        raise InputError("no such file", path, "name a cohort.csv or a dataset folder") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError("not a readable CSV file", path, "save it as UTF-8 CSV") from error
    missing = [column for column in REQUIRED if column not in columns]
    if missing:
        raise InputError(
            f"column {', '.join(missing)} missing", path, f"it needs {','.join(REQUIRED)}"
        )
    faults: list[str] = []
    rows: list[CohortRow] = []
    seen: set[str] = set()
    for number, record in enumerate(records, start=2):
        row = {key: (value or "").strip() for key, value in record.items() if isinstance(key, str)}
        found = _faults(row, path.parent, classes, seen)
        faults += [f"row {number}, {fault}" for fault in found]
        seen.add(row["case_id"])
        if not found:
            rows.append(
                CohortRow(
                    row["case_id"],
                    (path.parent / row["image"]).resolve(),
                    (path.parent / row["roi"]).resolve(),
                    _label(row["label"], classes),
                    row.get("patient_id") or row["case_id"],
                    row.get("split", ""),
                )
            )
    if faults:
        raise InputError(f"{len(faults)} fault(s)", path, "; ".join(faults))
    if not rows:
        raise InputError("no case in it", path, "add one row a case")
    return rows


def _label(text: str, classes: Sequence[str]) -> int:
    values = {"0": 0, "1": 1, classes[0]: 0, classes[1]: 1}
    return values.get(text, -1)


def _faults(row: dict[str, str], base: Path, classes: Sequence[str], seen: set[str]) -> list[str]:
    faults = []
    if not row["case_id"]:
        faults.append("case_id: empty; give each case a name of its own")
    elif row["case_id"] in seen:
        faults.append(f"case_id: {row['case_id']!r} stands twice; names must differ")
    for column in ("image", "roi"):
        if not row[column]:
            faults.append(f"{column}: empty; give the path, relative to this file")
        elif not (base / row[column]).exists():
            faults.append(f"{column}: {row[column]!r} does not exist; mend the path")
    if _label(row["label"], classes) < 0:
        faults.append(f"label: {row['label']!r} is none of {classes[0]}, {classes[1]}, 0, 1")
    if row.get("split", "") not in ("", *SPLITS):
        faults.append(f"split: {row['split']!r} is none of {', '.join(SPLITS)}")
    return faults
