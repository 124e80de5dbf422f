"""All eight systems on real lesions: lung nodules matched by size, folds grouped by patient.

The nodules are not gastric tumours, but the task has the same shape: real CT, a small lesion in
a rough box, one binary label a case, several cases a patient. Run as

    python Testing/benchmarks/nodules.py PATH/TO/nodules OUT [options of gastricdiff compare]

where the first folder holds ``cohort.csv`` with the column ``size_matched``. The options' defaults
here are those of the README's table.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from GastricDiffLib.cli.main import main as gastricdiff
from GastricDiffLib.errors import InputError

SETTINGS = {"width": 0.125, "size": 64, "crop": 1.5, "epochs": 12, "patience": 12}
SETTINGS |= {"batch-size": 64, "lr": 2e-3, "weight-decay": 0.05}
PROTOCOL = {"folds": 5, "repeats": 3}
CLASSES = "benign,malignant"


def size_matched(source: Path, out: Path) -> Path:
    """Write ``out/cohort.csv``, the size-matched rows of the source's; returns its path."""
    if not (source / "cohort.csv").is_file():
        raise InputError("no cohort.csv", source, "name the folder of the nodules")
    with open(source / "cohort.csv", newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row.pop("size_matched") == "1"]
    for row in rows:
        for column in ("image", "roi"):
            row[column] = str((source / row[column]).resolve())
    out.mkdir(parents=True, exist_ok=True)
    with open(out / "cohort.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return out / "cohort.csv"


def dataset(source: Path, out: Path) -> Path:
    """The exported size-matched nodules, made where they are not there yet."""
    if not (out / "dataset").exists():
        cohort = size_matched(source, out)
        if gastricdiff(["export", str(cohort), str(out / "dataset"), "--classes", CLASSES]):
            raise SystemExit(2)
    return out / "dataset"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("nodules", type=Path)
    parser.add_argument("out", type=Path)
    options, more = parser.parse_known_args()
    try:
        root = dataset(options.nodules, options.out)
    except InputError as error:
        raise SystemExit(f"error: {error}") from None
    settings = [f"--{name}={value}" for name, value in (SETTINGS | PROTOCOL).items()]
    call = ["compare", str(root), "--out", str(options.out / "comparison"), *settings, *more]
    raise SystemExit(gastricdiff(call))


if __name__ == "__main__":
    main()
