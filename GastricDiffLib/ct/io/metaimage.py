"""MetaImage: its header, read before ITK reads the file, and whether the file is whole."""

from __future__ import annotations

import math
import mmap
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from GastricDiffLib.ct.io.volume_format import HeaderExtent, VolumeFormat, require_complete
from GastricDiffLib.errors import InputError

_HEADER_LIMIT = 1 << 20
_DIMENSIONS = 10
_DEFLATE = 1032
"""Deflate can make no more of a byte."""
_CHUNK = 1 << 22
_BEGINNING = re.compile(rb"\s*(ObjectType|NDims|Comment)\s*[=:]")
# One key and one value a line, nothing else: the format's reader goes on over a line's end
# where it misses something, and could so take another line for the last than we do.
_PLAIN = re.compile(
    rb"([^\x00-\x20=:][^\x00-\x1f=:]{0,250}?)\s*=\s*([^\x00-\x08\x0a-\x1f]{0,480})\r?"
)
_LAST = "ElementDataFile"
_BYTES = {"CHAR": 1, "SHORT": 2, "INT": 4, "LONG": 4, "FLOAT": 4, "DOUBLE": 8, "LONG_LONG": 8}


@dataclass(frozen=True)
class MetaImageHeader:
    """The header of a MetaImage.

    ``fields``: all, the last of which is ElementDataFile; ``end``: where the header ends, in
    bytes; ``plain``: every line is one key and one value, so that no reader can understand it
    otherwise.
    """

    fields: dict[str, str]
    end: int
    plain: bool

    @property
    def data_file(self) -> str | None:
        """What it names for its voxels; None where they follow the header."""
        name = self.fields[_LAST]
        return None if name.upper() == "LOCAL" else name

    @property
    def packed(self) -> bool:
        """Whether the voxels are compressed."""
        return self.fields.get("CompressedData", "").lower() == "true"

    @property
    def value_bytes(self) -> int | None:
        """Bytes of one number; None for a type that is not known."""
        kind = self.fields.get("ElementType", "").removeprefix("MET_").replace("UCHAR", "CHAR")
        return _BYTES.get(kind if kind in _BYTES else kind.removeprefix("U"))

    @property
    def data_bytes(self) -> int | None:
        """Bytes of all voxels once unpacked; None where the header lacks something."""
        size, dims = self.value_bytes, self.fields.get("DimSize", "").split()
        if size is None or not dims or not all(n.isdigit() for n in dims):
            return None
        channels = self.fields.get("ElementNumberOfChannels", "1")
        return size * math.prod(map(int, dims)) * (int(channels) if channels.isdigit() else 1)


def read_header(path: Path) -> MetaImageHeader:
    """The header of a .mha or .mhd.

    Raises
    ------
    InputError
        When it names no dimensions or no place of its voxels.
    """
    with path.open("rb") as file:
        head = file.read(_HEADER_LIMIT)
    fields: dict[str, str] = {}
    start, plain = 0, True
    while start < len(head) and _LAST not in fields:
        end = head.find(b"\n", start)
        line = head[start:] if end < 0 else head[start:end]
        plain = plain and end >= 0 and _PLAIN.fullmatch(line) is not None
        key, _, value = line.decode("latin-1").partition("=")
        fields[key.strip()] = value.strip()
        start += len(line) + 1
    if not fields.get(_LAST) or "NDims" not in fields:
        raise _unreadable(path)
    return MetaImageHeader(fields, start, plain)


def header_extent(path: Path, most_bytes: int) -> HeaderExtent:
    """Of an uploaded .mha, see ``VolumeFormat.extent``; nothing is unpacked."""
    header = read_header(path)
    if not header.plain:
        raise _unreadable(path)
    if header.data_file is not None:
        raise InputError(
            "the MetaImage keeps its voxels in another file",
            path,
            "save it as one .mha, not as .mhd with .raw",
        )
    _require_one_last(path, header.end)
    dims, count = header.fields.get("DimSize", "").split(), header.fields["NDims"]
    if count != str(len(dims)) or not 1 <= len(dims) <= _DIMENSIONS:
        raise _unreadable(path)
    if not all(re.fullmatch(r"[0-9]{1,12}", n) for n in dims):
        raise _unreadable(path)
    data = path.stat().st_size - header.end
    if header.packed:
        data *= _DEFLATE
    return HeaderExtent(math.prod(map(int, dims)), data // (header.value_bytes or 1))


def check_complete(path: Path) -> None:
    """Raise InputError when a .mha, or the data file of a .mhd, ends before its last voxel.

    ITK complains about such a file on the terminal, and takes what it gets of packed voxels. A
    header that spreads the data over several files is left to the reader.
    """
    header = read_header(path)
    if header.packed and header.data_file is None:
        require_complete(path, _stream_holds(path, header.end, header.data_bytes or 0))
        return
    expected = header.data_bytes
    if header.packed:
        packed = header.fields.get("CompressedDataSize", "")
        expected = int(packed) if packed.isdigit() else None
    if expected is None:
        return
    if header.data_file is None:
        require_complete(path, path.stat().st_size - header.end >= expected)
        return
    if header.data_file.upper().startswith("LIST") or "%" in header.data_file:
        return
    voxels = path.parent / header.data_file
    if not voxels.is_file():
        raise InputError("the file with the voxels is missing", path, "keep .mhd and .raw together")
    require_complete(path, voxels.stat().st_size >= expected)


def _require_one_last(path: Path, end: int) -> None:
    last = _LAST.encode()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[:end].count(last) != 1 or data.find(last, end) >= 0:
            raise _unreadable(path)


def _stream_holds(path: Path, offset: int, expected: int) -> bool:
    """Whether the zlib or gzip stream from ``offset`` on is whole and long enough."""
    held, stream = 0, zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        with path.open("rb") as file:
            file.seek(offset)
            while not stream.eof and (chunk := stream.unconsumed_tail or file.read(_CHUNK)):
                held += len(stream.decompress(chunk, _CHUNK))
    except zlib.error:
        return False
    return stream.eof and held >= expected


def _voxel_file(path: Path) -> Path | None:
    named = read_header(path).data_file
    if named is None:
        return None
    file = path.parent / named
    return file if file.is_file() else None


def _unreadable(path: Path) -> InputError:
    return InputError("not a readable MetaImage file", path, "damaged: export it again as .mha")


METAIMAGE = VolumeFormat(
    name="MetaImage",
    image_io="MetaImageIO",
    suffixes=(".mha",),
    header_suffixes=(".mhd",),
    recognise=lambda head: ".mha" if _BEGINNING.match(head) and b"NDims" in head else "",
    extent=header_extent,
    voxel_file=_voxel_file,
    check_complete=check_complete,
)
