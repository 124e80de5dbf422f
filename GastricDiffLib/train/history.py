"""A run's history: one row an epoch."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from GastricDiffLib.files import replacing

COLUMNS = (
    "epoch",
    "lr",
    "loss",
    "loss_cls",
    "loss_tad",
    "val_loss",
    "val_image_auc",
    "val_case_auc",
    "val_image_acc",
    "val_case_acc",
)


def better(row: dict[str, float], best: dict[str, float]) -> bool:
    """Higher validation AUC; the lower loss where the AUC is the same."""
    key = ("val_image_auc", "val_loss")
    return (row[key[0]], -row[key[1]]) > (best[key[0]], -best[key[1]])


def write_history(path: Path, history: Sequence[dict[str, float]]) -> None:
    """One row an epoch, the columns of ``COLUMNS``; no times: a resumed run's is the same."""
    with replacing(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(history)
