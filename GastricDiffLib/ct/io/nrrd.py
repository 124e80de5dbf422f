"""NRRD: its header, read before ITK reads the file."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path

from GastricDiffLib.ct.io.volume_format import HeaderExtent, VolumeFormat
from GastricDiffLib.errors import InputError

_HEADER_LIMIT = 1 << 20
# The three line ends that the format's reader knows; the first empty line ends the header.
_LINE = re.compile(rb"\r\n|\n|\r")
_DATA_FILE = re.compile(rb"\s*data\s*file\s*:(?!=)(.*)", re.I | re.S)
_DEFLATE = 1032
"""Deflate can make no more of a byte."""


@dataclass
class NrrdHeader:
    """The header of an NRRD.

    ``fields``: by their names in lower case; ``data_file``: what it names for its voxels, None
    where they follow the header; ``end``: where that ends, in bytes.
    """

    fields: dict[str, str] = field(default_factory=dict)
    data_file: str | None = None
    end: int = 0

    def take(self, line: bytes) -> None:
        """Take in one line of the file."""
        if found := _DATA_FILE.match(line):
            self.data_file = found[1].decode("latin-1").strip()
            return
        name, colon, value = line.decode("latin-1").partition(": ")
        if colon and not line.startswith(b"#"):
            self.fields[name.strip().lower()] = value.strip()


def read_header(path: Path) -> NrrdHeader:
    """The header of a .nrrd or .nhdr.

    Raises
    ------
    InputError
        When it has no end. One whose voxels are in another file may end with its own.
    """
    with path.open("rb") as file:
        head = file.read(_HEADER_LIMIT)
    header = NrrdHeader()
    start = 0
    for end in _LINE.finditer(head):
        line, start = head[start : end.start()], end.end()
        if not line:
            header.end = start
            return header
        header.take(line)
    header.take(head[start:])
    if header.data_file is None:
        raise _unreadable(path)
    header.end = len(head)
    return header


def header_extent(path: Path, most_bytes: int) -> HeaderExtent:
    """Of an uploaded .nrrd, see ``VolumeFormat.extent``; nothing is unpacked."""
    header = read_header(path)
    if header.data_file is not None:
        raise InputError(
            "the NRRD keeps its voxels in another file",
            path,
            "save it as one .nrrd, not as .nhdr with .raw",
        )
    sizes = header.fields.get("sizes", "").split()
    kind = header.fields.get("type", "").lower()
    encoding = header.fields.get("encoding", "").lower()
    if not 1 <= len(sizes) <= 16 or not all(re.fullmatch(r"[0-9]{1,12}", n) for n in sizes):
        raise _unreadable(path)
    if not kind or "block" in kind or not encoding:
        raise _unreadable(path)
    most = path.stat().st_size - header.end
    if encoding == "raw":
        most //= _voxel_bytes(kind)
    elif encoding in ("gz", "gzip"):
        most = most * _DEFLATE // _voxel_bytes(kind)
    elif encoding not in ("txt", "text", "ascii", "hex"):
        raise InputError("the NRRD's encoding is not raw or gzip", path, "save it again in Slicer")
    return HeaderExtent(math.prod(map(int, sizes)), most)


def _voxel_file(path: Path) -> Path | None:
    named = read_header(path).data_file
    if not named:
        return None
    file = path.parent / named
    return file if file.is_file() else None


def _voxel_bytes(kind: str) -> int:
    if "char" in kind or "8" in kind:
        return 1
    if "short" in kind or "16" in kind:
        return 2
    return 8 if "long" in kind or "64" in kind or kind == "double" else 4


def _unreadable(path: Path) -> InputError:
    return InputError("not a readable NRRD file", path, "damaged: export it again")


NRRD = VolumeFormat(
    name="NRRD",
    image_io="NrrdImageIO",
    suffixes=(".nrrd",),
    header_suffixes=(".nhdr",),
    recognise=lambda head: ".nrrd" if head.startswith(b"NRRD0") else "",
    extent=header_extent,
    voxel_file=_voxel_file,
)
