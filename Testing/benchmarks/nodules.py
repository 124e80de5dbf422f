"""The whole path on real lesions: train on size-matched lung nodules, classify a held-out one.

The nodules are not gastric tumours, but the task has the same shape: real CT, a small lesion in
a rough box, one binary label a case, several cases a patient. Run as

    python Testing/benchmarks/nodules.py PATH/TO/nodules OUT

where the first folder holds ``cohort.csv`` with the column ``size_matched``. 20 % of the
patients are held out; of the others a fifth validates.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np

from GastricDiffLib.cli import main as gastricdiff
from GastricDiffLib.cohort.split import split_patients
from GastricDiffLib.errors import InputError
from GastricDiffLib.evaluate.metrics import auc

SETTINGS = {"width": 0.125, "size": 64, "crop": 1.5, "lam": 0.1, "epochs": 40, "patience": 40}
SETTINGS |= {"batch-size": 16, "weight-decay": 0.2}


def size_matched(source: Path, out: Path, seed: int) -> list[dict[str, str]]:
    """Write ``out``, a cohort.csv of the size-matched rows, split by patient; returns its rows."""
    with open(source / "cohort.csv", newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["size_matched"] == "1"]
    labels = [int(row["label"]) for row in rows]
    parts = split_patients(labels, [row["patient_id"] for row in rows], seed, (0.64, 0.16, 0.2))
    for row, part in zip(rows, parts, strict=True):
        row["split"] = part
        for column in ("image", "roi"):
            row[column] = str((source / row[column]).resolve())
    with open(out, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return rows


def run(*arguments: object) -> None:
    if gastricdiff([str(argument) for argument in arguments]):
        raise SystemExit(2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("nodules", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--system", default="r50-imp-dpn-tad")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    out = options.out
    if not (options.nodules / "cohort.csv").is_file():
        raise InputError("no cohort.csv", options.nodules)
    out.mkdir(parents=True, exist_ok=True)
    rows = size_matched(options.nodules, out / "cohort.csv", options.seed)
    if not (out / "dataset").exists():
        run("export", out / "cohort.csv", out / "dataset", "--classes", "benign,malignant")
    settings = [part for name, value in SETTINGS.items() for part in (f"--{name}", value)]
    name = f"{options.system}-{options.seed}"
    run("train", out / "dataset", "--out", out / name, "--system", options.system, *settings)
    held_out = [row for row in rows if row["split"] == "test"]
    labels = np.array([int(row["label"]) for row in held_out])
    diameters = np.array([float(row["diameter_mm"]) for row in held_out])
    print(
        f"held out: {len(labels)} nodules; AUC of the diameter alone {auc(labels, diameters):.3f}"
    )
    model, one = out / name / "model.safetensors", held_out[0]
    print(f"classifying {one['case_id']}, rated {('benign', 'malignant')[int(one['label'])]}")
    run("classify", one["image"], "--roi", one["roi"], "--model", model, "--out", out / "scene")


if __name__ == "__main__":
    main()
