"""Whether a volume file holds all the voxels that its header promises.

ITK fills the rest of a truncated NIfTI file with whatever memory holds, without a word,
and complains about a truncated MetaImage on the terminal; so both are measured first.
NRRD needs no help: its reader refuses.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

from GastricDiffLib.errors import InputError

_META_HEADER_LIMIT = 1 << 20
_CHUNK = 1 << 22


def check_nifti(path: Path, vox_offset: float, voxel_bytes: int) -> None:
    """Raise InputError when a .nii or .nii.gz ends before its last voxel."""
    expected = int(vox_offset) + voxel_bytes
    if _is_gzip(path):
        _require(path, _gzip_holds(path, expected))
    else:
        _require(path, path.stat().st_size >= expected)


def check_meta(path: Path) -> None:
    """Raise InputError when a .mha, or the data file of a .mhd, ends before its last voxel.

    Packed voxels of a .mha must come out whole: ITK takes what it gets. A header that
    spreads the data over several files is left to the reader.
    """
    with path.open("rb") as file:
        head = file.read(_META_HEADER_LIMIT)
    fields = {}
    offset = 0
    for line in head.split(b"\n"):
        offset += len(line) + 1
        key, _, value = line.decode("latin-1").partition("=")
        fields[key.strip()] = value.strip()
        if key.strip() == "ElementDataFile":
            break
    name = fields.get("ElementDataFile", "")
    if "NDims" not in fields or not name:
        raise InputError("not a readable MetaImage file", path, "export it again")
    packed = fields.get("CompressedData", "").lower() == "true"
    if packed and name.upper() == "LOCAL":
        _require(path, _stream_holds(path, offset, _voxel_bytes(fields) or 0))
        return
    expected = _meta_bytes(fields)
    if expected is None or name.upper().startswith("LIST") or "%" in name:
        return
    if name.upper() == "LOCAL":
        _require(path, path.stat().st_size - offset >= expected)
    elif not (path.parent / name).is_file():
        raise InputError("the file with the voxels is missing", path, "keep .mhd and .raw together")
    else:
        _require(path, (path.parent / name).stat().st_size >= expected)


def _meta_bytes(fields: dict[str, str]) -> int | None:
    if fields.get("CompressedData", "").lower() == "true":
        packed = fields.get("CompressedDataSize", "")
        return int(packed) if packed.isdigit() else None
    return _voxel_bytes(fields)


def _voxel_bytes(fields: dict[str, str]) -> int | None:
    kinds = {"CHAR": 1, "SHORT": 2, "INT": 4, "LONG": 4, "FLOAT": 4, "DOUBLE": 8, "LONG_LONG": 8}
    kind = fields.get("ElementType", "").removeprefix("MET_").replace("UCHAR", "CHAR")
    size = kinds.get(kind if kind in kinds else kind.removeprefix("U"))
    dims = fields.get("DimSize", "").split()
    if size is None or not dims or not all(n.isdigit() for n in dims):
        return None
    channels = fields.get("ElementNumberOfChannels", "1")
    return size * math.prod(map(int, dims)) * (int(channels) if channels.isdigit() else 1)


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _gzip_holds(path: Path, expected: int) -> bool:
    """Whether enough comes out; a size in the last four bytes that fits is believed at once."""
    with path.open("rb") as file:
        file.seek(-4, 2)
        if struct.unpack("<I", file.read(4))[0] == expected % (1 << 32):
            return True
    held = 0
    try:
        with gzip.open(path) as unpacked:
            while chunk := unpacked.read(_CHUNK):
                held += len(chunk)
    except (EOFError, zlib.error, OSError):
        return False
    return held >= expected


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


def _require(path: Path, complete: bool) -> None:
    if not complete:
        raise InputError(
            "the file ends before its last voxel",
            path,
            "it is truncated or damaged: copy or export it again",
        )
