"""What is done with an upload: sorted, read, written anew."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from GastricDiffLib.ct import BoxROI, CTVolume
from GastricDiffLib.ct.io.markups import read_roi, write_roi
from GastricDiffLib.ct.io.reading import read_voxels
from GastricDiffLib.ct.io.writing import write_nrrd
from GastricDiffLib.errors import InputError
from GastricDiffLib.files import new_folder, size_text
from GastricDiffLib.progress import Progress
from GastricDiffLib.viewer.limits import Limits
from GastricDiffLib.viewer.uploads.archive import Budget
from GastricDiffLib.viewer.uploads.kinds import DICOM_SUFFIX, Kind, volume_suffix
from GastricDiffLib.viewer.uploads.upload import Found, place, sort_upload
from GastricDiffLib.viewer.uploads.volumes import check_volume

CT_FILE, ROI_FILE, SCENE_FILE = "ct.nrrd", "roi.mrk.json", "scene.mrb"
OUTCOME_FILE = "outcome.json"
_STEPS = 100
_UNPACKED, _READ = 30, 80


@dataclass(frozen=True)
class UploadOutcome:
    """What an upload held: ``kind`` is ct, roi, ct+roi or scene; notes are for the user."""

    kind: str
    notes: tuple[str, ...]
    files: tuple[Path, ...]


def receive_upload(
    folder: Path, out: Path, limits: Limits | None = None, progress: Progress | None = None
) -> UploadOutcome:
    """Read the upload in ``folder`` and write what it holds to the new folder ``out``.

    Parameters
    ----------
    folder
        Holds ``upload.json``, [{"name": as the browser sent it, "file": "0001"} …], and those
        files.
    out
        Gets ``ct.nrrd`` on the CT's own grid (int16 HU, uncompressed), ``roi.mrk.json``, or
        ``scene.mrb``, and ``outcome.json`` {"kind", "notes"}.

    Raises
    ------
    InputError
        When the upload is refused; it holds no name or path of the upload, and there is no
        ``out``.
    Cancelled
        From ``progress``; then there is no ``out`` either.
    """
    limits = limits or Limits()
    step = progress or (lambda done, total, message: None)
    out = Path(out)
    try:
        with (
            new_folder(out) as fresh,
            # Beside: temporary places of the system may be small, or of memory.
            tempfile.TemporaryDirectory(prefix=".receive-", dir=fresh.parent) as work,
            _without_places({Path(work): "the upload", Path(folder): "the upload"}),
        ):
            kind, notes = _receive(Path(folder), Path(work), fresh, limits, step)
            text = json.dumps({"kind": kind, "notes": notes}, ensure_ascii=False, indent=1)
            (fresh / OUTCOME_FILE).write_text(text + "\n", encoding="utf-8")
            names = sorted(path.name for path in fresh.iterdir())
    except MemoryError as error:
        raise InputError(
            "reading the upload takes too much memory",
            f"more than {size_text(limits.memory)}",
            "crop the CT, or export thicker slices",
        ) from error
    step(_STEPS, _STEPS, "done")
    return UploadOutcome(kind, tuple(notes), tuple(out / name for name in names))


def _receive(
    folder: Path, work: Path, out: Path, limits: Limits, step: Progress
) -> tuple[str, list[str]]:
    def unpacking(done: int, total: int, message: str) -> None:
        step(_UNPACKED * done // max(total, 1), _STEPS, message)

    budget = Budget(limits)
    found = sort_upload(folder, work, budget, unpacking)
    step(_UNPACKED, _STEPS, "reading")
    notes = _left_out(found)
    if found.scenes:
        from GastricDiffLib.viewer.uploads.scenes import renew_scene

        _require_one_scene(found)
        return "scene", notes + renew_scene(found.scenes[0], work, budget, out / SCENE_FILE)
    rois = _boxes(found.files.get(Kind.ROI, []), work, limits)
    ct = _one_ct(found, work, limits)
    if ct is not None:
        array, grid, read_notes = read_voxels(ct, most_voxels=limits.voxels)
        step(_READ, _STEPS, "writing")
        if grid.sheared:
            # No file format holds sheared axes: such a stack is resampled upright.
            volume = CTVolume.from_array(array, grid.ijk_to_lps, read_notes)
            array, grid, read_notes = volume.hu, volume.grid, list(volume.notes)
        write_nrrd(out / CT_FILE, array, grid, compressed=False)
        notes = read_notes + notes
    if rois:
        write_roi(out / ROI_FILE, rois)
        if len(rois) > 1:
            notes.append(f"{len(rois)} boxes in the ROI file are taken together")
    return "+".join(["ct"] * (ct is not None) + ["roi"] * bool(rois)), notes


def _left_out(found: Found) -> list[str]:
    count = len(found.others)
    if not count:
        return []
    files = "file that is" if count == 1 else "files that are"
    return [f"{count} {files} no part of a CT left out"]


def _require_one_scene(found: Found) -> None:
    if len(found.scenes) > 1 or found.files:
        raise InputError(
            "a scene comes by itself",
            "the upload holds more than one, or other data beside it",
            "upload the .mrb alone",
        )


def _boxes(paths: Sequence[Path], work: Path, limits: Limits) -> list[BoxROI]:
    if not paths:
        return []
    if len(paths) > 1:
        raise InputError("several ROI files in the upload", f"{len(paths)}", "upload one")
    if paths[0].stat().st_size > limits.markups:
        raise InputError(
            "the ROI file is too large",
            f"more than {size_text(limits.markups)}",
            "save the ROI alone as .mrk.json",
        )
    with _without_places({paths[0]: "the ROI file"}):
        boxes = read_roi(paths[0])
    if len(boxes) > limits.boxes:
        raise InputError("too many boxes in the ROI file", f"more than {limits.boxes}", "draw one")
    names = ["ROI", *(f"ROI {number}" for number in range(2, len(boxes) + 1))]
    return [replace(box, name=name) for box, name in zip(boxes, names, strict=True)]


def _one_ct(found: Found, work: Path, limits: Limits) -> Path | None:
    """The one CT of the upload as the library reads it: a folder of DICOM, or a file."""
    volumes = found.files.get(Kind.VOLUME, [])
    slices = found.files.get(Kind.DICOM, [])
    if len(volumes) + bool(slices) > 1:
        held = [f"{len(slices)} DICOM files"] * bool(slices) + [f"{len(volumes)} volume files"]
        raise InputError("several CTs in the upload", " and ".join(held), "upload one at a time")
    if slices:
        folder = work / "dicom"
        folder.mkdir()
        for number, path in enumerate(slices, start=1):
            place(path, folder / f"{number:06}{DICOM_SUFFIX}")
        return folder
    for path in volumes:
        file = place(path, work / f"ct{volume_suffix(path)}")
        check_volume(file, limits)
        return file
    return None


@contextmanager
def _without_places(words: Mapping[Path, str]) -> Iterator[None]:
    """In errors stands the upload, not where it lies on this machine."""
    try:
        yield
    except InputError as error:
        parts = []
        for part in (error.what, error.where, error.hint):
            for path, word in words.items():
                place = " ".join(str(path).split())
                part = re.sub(re.escape(place) + r"([/\\][^\s,;:]*)?", word, part)
            parts.append("".join(letter for letter in part if letter.isprintable()))
        raise InputError(*parts) from error
