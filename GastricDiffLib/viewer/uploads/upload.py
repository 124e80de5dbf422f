"""The folder that an upload comes in, sorted by what its files are."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from GastricDiffLib.errors import InputError
from GastricDiffLib.files import size_text
from GastricDiffLib.progress import Progress
from GastricDiffLib.viewer.uploads.archive import Archive, Budget, opened
from GastricDiffLib.viewer.uploads.kinds import ARCHIVES, READABLE, Kind, described, kind_of

UPLOAD_FILE = "upload.json"


@dataclass
class Found:
    """The files of an upload by kind; ``others``: what those of no use are, in words.

    ``scenes`` are bundles, still packed.
    """

    files: dict[Kind, list[Path]] = field(default_factory=lambda: defaultdict(list))
    scenes: list[Path] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def write_upload(folder: Path, names: Sequence[str]) -> list[Path]:
    """Write ``upload.json`` for files of these names; where each file's content belongs."""
    paths = [folder / f"{number:04}" for number in range(1, len(names) + 1)]
    listed = [{"name": name, "file": path.name} for name, path in zip(names, paths, strict=True)]
    (folder / UPLOAD_FILE).write_text(json.dumps(listed), encoding="utf-8")
    return paths


def sort_upload(folder: Path, work: Path, budget: Budget, progress: Progress) -> Found:
    """Look at every file, unpacking archives into ``work``.

    Raises
    ------
    InputError
        When the upload is too large, holds nothing of use, or an archive that ``archive.opened``
        refuses.
    Cancelled
        From ``progress`` (done, total, message).
    """
    found = Found()
    paths = _listed(folder, budget)
    for done, path in enumerate(paths):
        progress(done, len(paths), "unpacking")
        if kind_of(path) is not Kind.ZIP:
            budget.take_files(1)
            _sort(path, found)
            continue
        with opened(path, budget) as archive:
            if any(is_mrml(entry.parts) for entry in archive.entries):
                found.scenes.append(path)
            else:
                _unpack(archive, work, found, progress)
    if not found.files and not found.scenes:
        others = sorted(set(found.others))
        raise InputError(
            "nothing in the upload that can be read",
            ", ".join(others[:3]) + (" and more" if len(others) > 3 else ""),
            f"upload {READABLE}",
        )
    return found


def is_mrml(parts: tuple[str, ...]) -> bool:
    """Whether an entry of that name makes an archive a scene bundle."""
    return len(parts) <= 2 and parts[-1].lower().endswith(".mrml")


def place(source: Path, target: Path) -> Path:
    """The same file under another name, not copied where the file system allows."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
    return target


def _listed(folder: Path, budget: Budget) -> list[Path]:
    try:
        listed = json.loads((folder / UPLOAD_FILE).read_text(encoding="utf-8"))
        names = [entry["file"] for entry in listed]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"no readable {UPLOAD_FILE}", folder, "upload the files again") from error
    paths = []
    for name in names:
        path = folder / str(name)
        if not re.fullmatch(r"[0-9]{1,9}", str(name)) or path.is_symlink() or not path.is_file():
            raise InputError("a file of the upload is missing", folder, "upload the files again")
        paths.append(path)
    if not paths:
        raise InputError("the upload is empty", "", f"upload {READABLE}")
    if sum(path.stat().st_size for path in paths) > budget.limits.upload:
        raise InputError(
            "the upload is too large",
            f"more than {size_text(budget.limits.upload)}",
            "upload the series to be classified alone",
        )
    return paths


def _unpack(archive: Archive, work: Path, found: Found, progress: Progress) -> None:
    archive.require_small(archive.entries)
    folder = Path(tempfile.mkdtemp(dir=work))
    for done, entry in enumerate(archive.entries):
        progress(done, len(archive.entries), "unpacking")
        path = folder / f"{entry.number:06}"
        archive.unpack(entry, path)
        _sort(path, found, f"entry {entry.number}")


def _sort(path: Path, found: Found, packed: str = "") -> None:
    """``packed``: which entry of an archive it was, if one."""
    kind = kind_of(path)
    words = described(path) if kind is Kind.OTHER else ""
    if packed and (kind is Kind.ZIP or words in ARCHIVES):
        raise InputError(
            "an archive in the archive",
            packed,
            "unpack it and upload what is in it; upload a scene's .mrb by itself",
        )
    if words:
        found.others.append(words)
    else:
        found.files[kind].append(path)
