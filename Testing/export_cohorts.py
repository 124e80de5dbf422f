"""Small cohorts to order, and whole folders compared, for the tests of the export."""

from __future__ import annotations

import csv
from pathlib import Path

from GastricDiffLib import CLASSES
from GastricDiffLib.ct.io.writing import write_nrrd
from GastricDiffLib.ct.roi import write_roi
from GastricDiffLib.phantom.case import make_case


def make_cohort(folder: Path, count: int = 6, coarsen: float = 4.0, **columns) -> Path:
    """``cohort.csv`` of coarse phantoms of both classes; further columns are lists of cells."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(count):
        case = make_case(number % 2, number, 0.2, coarsen=coarsen)
        write_nrrd(folder / f"c{number}.nrrd", case.volume, case.grid)
        write_roi(folder / f"c{number}.mrk.json", [case.roi])
        rows.append(
            {
                "case_id": f"c{number}",
                "image": f"c{number}.nrrd",
                "roi": f"c{number}.mrk.json",
                "label": CLASSES[number % 2],
            }
            | {name: cells[number] for name, cells in columns.items()}
        )
    return write_rows(folder / "cohort.csv", rows)


def read_rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, rows: list[dict]) -> Path:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def content(folder: Path) -> dict[str, bytes | None]:
    """Every file below a folder by its relative path, and every folder as None."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }
