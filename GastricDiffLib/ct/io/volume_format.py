"""What the library must know of a format of volume files; see ``formats`` for which there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from GastricDiffLib.errors import InputError


class HeaderExtent(NamedTuple):
    """``voxels``: how many the header names; ``most``: so many the file's bytes can hold."""

    voxels: int
    most: int


def _nothing_to_check(path: Path) -> None:
    pass


def _no_other_file(path: Path) -> Path | None:
    return None


@dataclass(frozen=True)
class VolumeFormat:
    """One format of volume files, by which they are read, uploaded and listed.

    Attributes
    ----------
    name
        For people.
    image_io
        SimpleITK's class that reads it.
    suffixes
        Of files that hold header and voxels, in lower case, with the point.
    recognise
        From the first 64 KiB of a file, or all of a shorter one, to the suffix that such a file
        has; empty if it is of another format.
    extent
        (path, most bytes that it may unpack to) of an upload → what its header promises, read
        before a reader in C++ trusts it. Raises InputError for a header that is not plain in
        every respect, and for voxels that lie in other files.
    header_suffixes
        Of files that hold the header alone.
    voxel_file
        From such a header to the one file that it names for its voxels; None where it names none,
        or several. Raises InputError when the header cannot be read.
    check_complete
        Raises InputError when the file ends before its last voxel, for formats whose reader
        does not notice.
    """

    name: str
    image_io: str
    suffixes: tuple[str, ...]
    recognise: Callable[[bytes], str]
    extent: Callable[[Path, int], HeaderExtent]
    header_suffixes: tuple[str, ...] = ()
    voxel_file: Callable[[Path], Path | None] = _no_other_file
    check_complete: Callable[[Path], None] = _nothing_to_check


def require_complete(path: Path, complete: bool) -> None:
    """Raise InputError unless ``complete``: the file holds all voxels of its header."""
    if not complete:
        raise InputError(
            "the file ends before its last voxel",
            path,
            "it is truncated or damaged: copy or export it again",
        )
