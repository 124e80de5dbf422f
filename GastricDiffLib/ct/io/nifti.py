"""NIfTI: its header, read before ITK reads the file, and whether the file is whole."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from GastricDiffLib.ct.io.volume_format import HeaderExtent, VolumeFormat, require_complete
from GastricDiffLib.errors import InputError
from GastricDiffLib.files import size_text

_NIFTI1, _NIFTI2 = 348, 540
_CHUNK = 1 << 22
_GZIP = b"\x1f\x8b"
_GZIP_DAMAGED = (EOFError, zlib.error, OSError)


@dataclass(frozen=True)
class NiftiHeader:
    """The header of a NIfTI: dimensions, bits of a voxel, and bytes in front of the first."""

    dims: tuple[int, ...]
    bits: int
    offset: int


def nifti_version(head: bytes) -> int:
    """1 or 2 for the beginning of a single-file NIfTI, 0 for anything else."""
    if len(head) >= _NIFTI1 and head[344:348] == b"n+1\0" and _begins_with(head, _NIFTI1):
        return 1
    if len(head) >= _NIFTI2 and head[4:8] == b"n+2\0" and _begins_with(head, _NIFTI2):
        return 2
    return 0


def nifti_pair(head: bytes) -> bool:
    """Whether this is the header of a NIfTI or Analyze whose voxels are in another file."""
    return not nifti_version(head) and (_begins_with(head, _NIFTI1) or _begins_with(head, _NIFTI2))


def parse_header(head: bytes) -> NiftiHeader | None:
    """The header that a single-file NIfTI begins with; None for anything else, or nonsense."""
    version = nifti_version(head)
    if not version:
        return None
    order = "<" if head[0] in (_NIFTI1 & 255, _NIFTI2 & 255) else ">"
    if version == 1:
        count, *sizes = struct.unpack_from(f"{order}8h", head, 40)
        (bits,) = struct.unpack_from(f"{order}h", head, 72)
        (offset,) = struct.unpack_from(f"{order}f", head, 108)
    else:
        count, *sizes = struct.unpack_from(f"{order}8q", head, 16)
        (bits,) = struct.unpack_from(f"{order}h", head, 14)
        (offset,) = struct.unpack_from(f"{order}q", head, 168)
    dims = tuple(sizes[:count]) if 1 <= count <= 7 else ()
    if not dims or min(dims) < 1 or bits < 1 or not math.isfinite(offset):
        return None
    return NiftiHeader(dims, bits, int(offset))


def header_extent(path: Path, most_bytes: int) -> HeaderExtent:
    """Of an uploaded .nii or .nii.gz, see ``VolumeFormat.extent``; a packed one is run through."""
    if _is_gzip(path):
        head, size = _run_through(path, most_bytes)
    else:
        with path.open("rb") as file:
            head, size = file.read(_NIFTI2), path.stat().st_size
    header = parse_header(head)
    if header is None:
        raise InputError("not a readable NIfTI file", path, "damaged: export it again")
    return HeaderExtent(math.prod(header.dims), size * 8 // header.bits)


def check_complete(path: Path) -> None:
    """Raise InputError when a .nii or .nii.gz ends before its last voxel.

    ITK fills the rest with whatever memory holds, without a warning. A file that does not begin
    as NIfTI does is left to the reader, which refuses it.
    """
    packed = _is_gzip(path)
    try:
        with gzip.open(path) if packed else path.open("rb") as file:
            header = parse_header(file.read(_NIFTI2))
    except _GZIP_DAMAGED:
        return
    if header is None:
        return
    expected = header.offset + math.prod(header.dims) * header.bits // 8
    require_complete(
        path, _gzip_holds(path, expected) if packed else path.stat().st_size >= expected
    )


def _recognise(head: bytes) -> str:
    if nifti_version(head):
        return ".nii"
    return ".nii.gz" if head[:2] == _GZIP and nifti_version(_unpacked(head)) else ""


def _begins_with(head: bytes, number: int) -> bool:
    return head[:4] in (struct.pack("<i", number), struct.pack(">i", number))


def _unpacked(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(head, _NIFTI2)
    except zlib.error:
        return b""


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == _GZIP


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
    except _GZIP_DAMAGED:
        return False
    return held >= expected


def _run_through(path: Path, most_bytes: int) -> tuple[bytes, int]:
    """The header and the unpacked size of a .nii.gz, nothing kept."""
    head, size = b"", 0
    try:
        with gzip.open(path) as unpacked:
            while chunk := unpacked.read(_CHUNK):
                head = head or chunk[:_NIFTI2]
                size += len(chunk)
                if size > most_bytes:
                    raise InputError(
                        "the file unpacks to too much",
                        f"{path}, more than {size_text(most_bytes)}",
                        "upload a smaller CT",
                    )
    except _GZIP_DAMAGED as error:
        raise InputError(
            "the file is damaged or truncated", path, "copy or export it again"
        ) from error
    return head, size


NIFTI = VolumeFormat(
    name="NIfTI",
    image_io="NiftiImageIO",
    suffixes=(".nii", ".nii.gz"),
    recognise=_recognise,
    extent=header_extent,
    check_complete=check_complete,
)
