"""Labelled cases to a de-identified dataset of arrays."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from GastricDiffLib import CLASSES
from GastricDiffLib.cohort.dataset import FORMAT_VERSION
from GastricDiffLib.cohort.manifest import CohortRow, read_cohort
from GastricDiffLib.cohort.split import split_patients
from GastricDiffLib.ct import Window, read_roi, read_volume
from GastricDiffLib.ct.roi import roi_slices, union_mask, union_rectangle
from GastricDiffLib.errors import InputError
from GastricDiffLib.files import new_folder, sha256
from GastricDiffLib.progress import Progress


def export_cohort(
    cohort: Path | str,
    out: Path | str,
    classes: Sequence[str] = CLASSES,
    seed: int = 0,
    progress: Progress | None = None,
) -> Path:
    """Write the dataset of ``cohort.csv`` to ``out``, whole or not at all.

    Pseudonyms are keyed hashes under a key that is forgotten: nobody goes back from them.
    Cases keep the order of the file; the split is the file's where it has one, otherwise
    drawn by patient from ``seed``.

    Raises:
        InputError: a fault of the cohort file, a case or the output folder.
    """
    rows = read_cohort(cohort, classes)
    drawn = split_patients([row.label for row in rows], [row.patient_id for row in rows], seed)
    key = secrets.token_bytes(32)
    window = Window()
    with new_folder(out) as folder:
        cases = []
        for number, row in enumerate(rows):
            if progress:
                progress(number, len(rows), "exporting")
            name = _pseudonym(key, "case", row.case_id)
            entry: dict[str, Any] = {
                "pseudonym": name,
                "patient": _pseudonym(key, "patient", row.patient_id),
                "label": row.label,
                "split": row.split or drawn[number],
            }
            entry |= _export_case(row, folder / name, window)
            cases.append(entry)
        if progress:
            progress(len(rows), len(rows), "exported")
        index = {
            "format_version": FORMAT_VERSION,
            "window": [window.low, window.high],
            "classes": list(classes),
            "cases": cases,
        }
        (folder / "dataset.json").write_text(json.dumps(index, indent=1), encoding="utf-8")
    return Path(out)


def _pseudonym(key: bytes, kind: str, identity: str) -> str:
    return hmac.new(key, f"{kind}:{identity}".encode(), hashlib.sha256).hexdigest()[:16]


def _export_case(row: CohortRow, folder: Path, window: Window) -> dict[str, Any]:
    try:
        volume, rois = read_volume(row.image), read_roi(row.roi)
        cut = roi_slices(rois, volume)
    except InputError as error:
        raise InputError(f"case {row.case_id!r}: {error}") from error
    folder.mkdir()
    hu = np.clip(volume.hu, int(window.low), int(window.high))
    rectangles = np.full((len(hu), 4), -1, dtype=np.int16)
    for k in cut:
        rectangle = union_rectangle(rois, volume, k)
        if rectangle is not None:
            rectangles[k] = rectangle
    if not (rectangles >= 0).any():
        raise InputError(
            f"case {row.case_id!r}: the ROI cuts no slice", row.roi, "draw the box on this CT"
        )
    arrays = {"slices": np.ascontiguousarray(hu), "roi": rectangles}
    if len(rois) > 1 or not rois[0].is_axis_aligned:
        mask = np.zeros(hu.shape, dtype=bool)
        for k in cut:
            mask[k] = union_mask(rois, volume, k)
        arrays["mask"] = mask
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return {
        "slices": len(hu),
        "shape": list(hu.shape[1:]),
        "spacing": [round(float(step), 4) for step in volume.spacing_mm],
        "sha256": {name: sha256(folder / f"{name}.npy") for name in arrays},
    }
