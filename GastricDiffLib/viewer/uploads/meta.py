"""What the header of a MetaImage says of its data."""

from __future__ import annotations

import math
import mmap
import re
from pathlib import Path

from GastricDiffLib.errors import InputError

_HEADER_LIMIT = 1 << 20
_DIMENSIONS = 10
_DEFLATE = 1032
# One key and one value a line, nothing else: the format's reader goes on over a line's end
# where it misses something, and could so take another line for the last than we do.
_FIELD = re.compile(
    rb"([^\x00-\x20=:][^\x00-\x1f=:]{0,250}?)\s*=\s*([^\x00-\x08\x0a-\x1f]{0,480})\r?"
)
_LAST = b"ElementDataFile"
_BYTES = {"CHAR": 1, "SHORT": 2, "INT": 4, "LONG": 4, "FLOAT": 4, "DOUBLE": 8, "LONG_LONG": 8}


def extent(path: Path) -> tuple[int, int]:
    """The voxels that the header of a .mha names, and the most that its bytes could be.

    Raises InputError when the data are in other files, or the header cannot be read.
    """
    fields, end = _fields(path)
    if fields[_LAST.decode()].upper() != "LOCAL":
        raise InputError(
            "the MetaImage keeps its voxels in another file",
            path,
            "save it as one .mha, not as .mhd with .raw",
        )
    _require_one_last(path, end)
    dims, count = fields.get("DimSize", "").split(), fields.get("NDims", "")
    if count != str(len(dims)) or not 1 <= len(dims) <= _DIMENSIONS:
        raise _unreadable(path)
    if not all(re.fullmatch(r"[0-9]{1,12}", n) for n in dims):
        raise _unreadable(path)
    kind = fields.get("ElementType", "").removeprefix("MET_").replace("UCHAR", "CHAR")
    size = _BYTES.get(kind.removeprefix("U"), 1)
    data = path.stat().st_size - end
    if fields.get("CompressedData", "").lower() == "true":
        data *= _DEFLATE
    return math.prod(map(int, dims)), data // size


def _fields(path: Path) -> tuple[dict[str, str], int]:
    """All fields of the header, and where it ends."""
    with path.open("rb") as file:
        head = file.read(_HEADER_LIMIT)
    fields: dict[str, str] = {}
    start = 0
    while (end := head.find(b"\n", start)) >= 0:
        found = _FIELD.fullmatch(head[start:end])
        if found is None:
            break
        key, value = (part.decode("latin-1").strip() for part in found.groups())
        fields[key], start = value, end + 1
        if key == _LAST.decode():
            return fields, start
    raise _unreadable(path)


def _require_one_last(path: Path, end: int) -> None:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:end].count(_LAST) != 1 or data.find(_LAST, end) >= 0:
            raise _unreadable(path)


def _unreadable(path: Path) -> InputError:
    return InputError("not a readable MetaImage file", path, "damaged: export it again as .mha")
