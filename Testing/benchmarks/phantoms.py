"""All eight systems on synthetic tumours that are hard to distinguish, few of them to learn from.

Run as

    python Testing/benchmarks/phantoms.py OUT [options of gastricdiff compare]

40 of 160 phantoms train, 20 validate, 100 test, half of each class in each part. The options'
defaults here are those of the README's table.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from pathlib import Path

from GastricDiffLib.cli.main import main as gastricdiff

CASES, SEED = 160, 5
PARTS = {"train": 20, "val": 10, "test": 50}  # of each class
SETTINGS = {"width": 0.125, "size": 64, "crop": 1.5, "epochs": 20, "patience": 20}
SETTINGS |= {"batch-size": 32, "lr": 2e-3, "weight-decay": 0.05, "repeats": 3}
WINDOW = ["--window", "-100", "200"]


def split(cohort: Path) -> None:
    """Add the column ``split``: of each class the first train, the next validate, others test."""
    with open(cohort, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = [name for name, count in PARTS.items() for _ in range(count)]
    seen: Counter[str] = Counter()
    for row in rows:
        row["split"] = names[seen[row["label"]]]
        seen[row["label"]] += 1
    with open(cohort, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def run(*arguments: object) -> None:
    if code := gastricdiff([str(argument) for argument in arguments]):
        raise SystemExit(code)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    options, more = parser.parse_known_args()
    out = options.out
    if not (out / "dataset").exists():
        run("phantom", out / "phantoms", "--cases", CASES, "--seed", SEED)
        split(out / "phantoms" / "cohort.csv")
        run("export", out / "phantoms" / "cohort.csv", out / "dataset")
    settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
    run("compare", out / "dataset", "--out", out / "comparison", *settings, *WINDOW, *more)


if __name__ == "__main__":
    main()
