"""One case from its source to the folder of its arrays, whole or not at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from GastricDiffLib.cohort.output import UNFINISHED
from GastricDiffLib.cohort.preview import write_preview
from GastricDiffLib.cohort.pseudonyms import fingerprint
from GastricDiffLib.ct import BoxROI, CTVolume, Window, read_roi, read_volume
from GastricDiffLib.ct.roi import require_overlap, roi_slices, union_mask, union_rectangle
from GastricDiffLib.errors import InputError
from GastricDiffLib.files import sha256
from GastricDiffLib.log import log_exception

CASE_FILE, PREVIEW = "case.json", "preview.png"


@dataclass(frozen=True)
class CaseExportJob:
    """What a process needs to export a case: ``title`` stands on its contact sheet."""

    image: Path
    roi: Path
    root: Path
    pseudonym: str
    title: str
    key: bytes
    window: Window


@dataclass(frozen=True)
class CaseExportOutcome:
    """How a case's export ended: ``entry`` of the dataset, or None and the ``fault`` in a line.

    ``notes`` are for the user alone; they may name the source.
    """

    entry: dict[str, Any] | None
    fault: str = ""
    notes: tuple[str, ...] = ()


def export_case(job: CaseExportJob) -> CaseExportOutcome:
    """Export a case, or leave it as it stands where an earlier run exported the same source.

    Raises
    ------
    OSError
        The dataset cannot be written. Faults of the source do not raise.
    """
    try:
        # All that the files depend on, so that a box drawn anew or another label is noticed.
        settings = f"{job.pseudonym} {job.title} {job.window.low:g} {job.window.high:g}"
        mark = fingerprint(job.key, settings, job.image, job.roi)
        entry = _unchanged(job.root / job.pseudonym, mark)
        if entry is not None:
            return CaseExportOutcome(entry)
        volume, boxes = read_volume(job.image), read_roi(job.roi)
        require_overlap(volume, boxes)
    except InputError as error:
        return CaseExportOutcome(None, str(error))
    except OSError as error:
        return CaseExportOutcome(None, f"cannot be read: {error.strerror}")
    except MemoryError:
        return CaseExportOutcome(None, "not enough memory for it; export with fewer --workers")
    except Exception as error:
        log = log_exception("unexpected error in an export")
        return CaseExportOutcome(
            None, f"unexpected {type(error).__name__}; the traceback is in {log}"
        )
    return CaseExportOutcome(_write(job, mark, volume, boxes), notes=volume.notes)


def _unchanged(folder: Path, mark: str) -> dict[str, Any] | None:
    """The entry of a case that an earlier run exported whole from the same source."""
    try:
        stored = json.loads((folder / CASE_FILE).read_text(encoding="utf-8"))
        entry: dict[str, Any] = stored["entry"]
        whole = stored["fingerprint"] == mark and all(
            sha256(folder / name) == digest for name, digest in stored["files"].items()
        )
        return entry if whole else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _write(
    job: CaseExportJob, mark: str, volume: CTVolume, boxes: Sequence[BoxROI]
) -> dict[str, Any]:
    growing = job.root / UNFINISHED / job.pseudonym
    growing.mkdir()
    _write_slices(growing / "slices.npy", volume, job.window)
    rectangles = np.full((len(volume.hu), 4), -1, dtype=np.int16)
    for k in roi_slices(boxes, volume):
        rectangles[k] = np.array(union_rectangle(boxes, volume, k))
    np.save(growing / "roi.npy", rectangles)
    if len(boxes) > 1 or not boxes[0].is_axis_aligned:
        _write_mask(growing / "mask.npy", volume, boxes)
    write_preview(growing / PREVIEW, volume, boxes, rectangles, job.title)
    files = {path.name: sha256(path) for path in sorted(growing.iterdir())}
    entry = {
        "slices": len(volume.hu),
        "shape": list(volume.hu.shape[1:]),
        "spacing": [round(float(step), 4) for step in volume.spacing_mm],
        "sha256": {name[:-4]: files[name] for name in files if name.endswith(".npy")},
    }
    stored = {"fingerprint": mark, "files": files, "entry": entry}
    (growing / CASE_FILE).write_text(json.dumps(stored, indent=1), encoding="utf-8")
    place = job.root / job.pseudonym
    if place.exists():
        shutil.rmtree(place)
    growing.replace(place)
    return entry


def _write_slices(path: Path, volume: CTVolume, window: Window) -> None:
    # Slice by slice onto the disk: the volume is never held twice.
    out = np.lib.format.open_memmap(path, "w+", np.int16, volume.hu.shape)
    for source, target in zip(volume.hu, out, strict=True):
        window.clip(source, target)
    out.flush()


def _write_mask(path: Path, volume: CTVolume, boxes: Sequence[BoxROI]) -> None:
    out = np.lib.format.open_memmap(path, "w+", np.bool_, volume.hu.shape)
    for k in roi_slices(boxes, volume):
        out[k] = union_mask(boxes, volume, k)
    out.flush()
