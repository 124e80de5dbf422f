"""The folder that a dataset is written to, and the key that it belongs to."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from pathlib import Path

from GastricDiffLib.cohort.pseudonyms import create_key, pseudonym, read_key
from GastricDiffLib.errors import InputError

INDEX, PAGE, MARK = "dataset.json", "index.html", "export.json"
UNFINISHED = ".unfinished"
"""Folder inside the dataset where cases grow before they take their place."""
_CASE_FOLDER = re.compile(r"[0-9a-f]{16}")


def open_output(out: Path, key_path: Path, images: Sequence[Path]) -> bytes:
    """Make ``out`` a new export's folder or take up the earlier export in it; its key.

    Raises
    ------
    InputError
        ``out`` holds something else, lies in a source, or cannot be written; the key lies in it, is
        lost, or is not the one it was begun with.
    """
    if key_path.resolve().is_relative_to(out.resolve()):
        raise InputError("the key lies inside the dataset", key_path, "keep the two apart")
    for image in images:
        if out.resolve().is_relative_to(image):
            raise InputError("the output lies inside a source", out, "choose another folder")
    mark = out / MARK
    if not mark.exists() and out.exists():
        _require_empty(out)
    if not key_path.exists() and mark.exists():
        raise InputError(
            "the key of this export is missing",
            key_path,
            "bring it back, name it by --key, or export to a new folder",
        )
    key = read_key(key_path) if key_path.exists() else create_key(key_path)
    own = pseudonym(key, "key", "of this export")
    if not mark.exists():
        try:
            (out / UNFINISHED).mkdir(parents=True, exist_ok=True)
            (out / UNFINISHED / MARK).write_text(json.dumps({"key": own}), encoding="utf-8")
            (out / UNFINISHED / MARK).replace(mark)
        except OSError as error:
            raise _unwritable(out, error) from error
    elif own not in mark.read_text(encoding="utf-8"):
        raise InputError(
            "this export was begun with another key",
            key_path,
            "name that key by --key, or export to a new folder",
        )
    return key


def prepare(out: Path, planned: Set[str]) -> None:
    """Clear what an earlier run left half-done, and cases that the cohort has no more.

    Until the export ends there is no ``dataset.json``: nobody shall train on a part.
    """
    for name in (INDEX, PAGE):
        (out / name).unlink(missing_ok=True)
    remove(out / UNFINISHED)
    (out / UNFINISHED).mkdir()
    for path in out.iterdir():
        if _CASE_FOLDER.fullmatch(path.name) and path.name not in planned:
            remove(path)


def remove(folder: Path) -> None:
    """Remove a folder with all in it, if it exists."""
    if folder.exists():
        shutil.rmtree(folder)


@contextmanager
def working(out: Path) -> Iterator[None]:
    """While the export runs: afterwards nothing half-done is left.

    Raises
    ------
    InputError
        The disk is full, or the folder cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise _unwritable(out, error) from error
    finally:
        shutil.rmtree(out / UNFINISHED, ignore_errors=True)


def _require_empty(out: Path) -> None:
    # A run that was killed at its very start leaves this one folder.
    if not out.is_dir() or any(path.name != UNFINISHED for path in out.iterdir()):
        raise InputError("the output exists already", out, "name a new or an empty folder")


def _unwritable(out: Path, error: OSError) -> InputError:
    return InputError(
        "the dataset cannot be written",
        out,
        f"{error.strerror or error}; put that right, then run the same command again",
    )
