"""Files that are there whole or not at all: written beside, then renamed; and their sizes."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from GastricDiffLib.errors import InputError


@contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """Give a path beside ``path`` to write a file to; it takes ``path``'s place on success.

    The file's suffixes are kept, since writers choose the format by them.

    Raises
    ------
    InputError
        The folder cannot be written.
    """
    path = Path(path)
    with _beside(path) as folder:
        temporary = folder / path.name
        yield temporary
        # Some writers make files for their owner only; a result has the mode of any new file.
        (folder / ".mode").touch()
        temporary.chmod((folder / ".mode").stat().st_mode)
        temporary.replace(path)


@contextmanager
def new_folder(path: Path | str) -> Iterator[Path]:
    """Give a folder beside ``path`` to fill; on success it becomes ``path``.

    Raises
    ------
    InputError
        ``path`` exists and is not an empty folder, or cannot be made.
    """
    path = Path(path)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise InputError("the output exists already", path, "name a new or an empty folder")
    with _beside(path) as folder:
        temporary = folder / path.name
        temporary.mkdir()
        yield temporary
        if path.exists():
            path.rmdir()
        temporary.replace(path)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise InputError(
            "cannot write here", path, f"{error.strerror}; choose another folder"
        ) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sha256(path: Path | str) -> str:
    """Hex digest of a file's bytes."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def size_text(count: int) -> str:
    """A number of bytes for a message.

    Examples
    --------
    >>> size_text(3 << 19)
    '1.5 MiB'
    """
    for unit, shift in (("GiB", 30), ("MiB", 20), ("KiB", 10)):
        # The bound of an upload is a byte short of a round number.
        if count + 1 >= 1 << shift:
            return f"{(count + 1) / (1 << shift):.3g} {unit}"
    return f"{count} bytes"
