"""What the header of an NRRD says of its data."""

from __future__ import annotations

import math
import re
from pathlib import Path

from GastricDiffLib.errors import InputError

_HEADER_LIMIT = 1 << 20
# The three line ends that the format's reader knows; the first empty line ends the header.
_LINE = re.compile(rb"\r\n|\n|\r")
_DATA_FILE = re.compile(rb"\s*data\s*file\s*:(?!=)", re.I)
_DEFLATE = 1032
"""Deflate can make no more of a byte."""


def extent(path: Path) -> tuple[int, int]:
    """The voxels that the header of an NRRD names, and the most that its bytes could be.

    Raises InputError when the data are in other files, or the header cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(_HEADER_LIMIT)
    fields: dict[str, str] = {}
    start = 0
    for end in _LINE.finditer(head):
        line, start = head[start : end.start()], end.end()
        if not line:
            return _extent(fields, path, path.stat().st_size - start)
        if _DATA_FILE.match(line):
            raise InputError(
                "the NRRD keeps its voxels in another file",
                path,
                "save it as one .nrrd, not as .nhdr with .raw",
            )
        name, colon, value = line.decode("latin-1").partition(": ")
        if colon and not line.startswith(b"#"):
            fields[name.strip().lower()] = value.strip()
    raise _unreadable(path)


def _extent(fields: dict[str, str], path: Path, data: int) -> tuple[int, int]:
    sizes = fields.get("sizes", "").split()
    kind, encoding = fields.get("type", "").lower(), fields.get("encoding", "").lower()
    if not 1 <= len(sizes) <= 16 or not all(re.fullmatch(r"[0-9]{1,12}", n) for n in sizes):
        raise _unreadable(path)
    if not kind or "block" in kind or not encoding:
        raise _unreadable(path)
    if encoding == "raw":
        data //= _bytes(kind)
    elif encoding in ("gz", "gzip"):
        data = data * _DEFLATE // _bytes(kind)
    elif encoding not in ("txt", "text", "ascii", "hex"):
        raise InputError("the NRRD's encoding is not raw or gzip", path, "save it again in Slicer")
    return math.prod(map(int, sizes)), data


def _bytes(kind: str) -> int:
    if "char" in kind or "8" in kind:
        return 1
    if "short" in kind or "16" in kind:
        return 2
    return 8 if "long" in kind or "64" in kind or kind == "double" else 4


def _unreadable(path: Path) -> InputError:
    return InputError("not a readable NRRD file", path, "damaged: export it again")
