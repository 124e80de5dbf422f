"""What an uploaded file is, by its content; its name is never asked."""

from __future__ import annotations

import re
import struct
import zlib
from enum import Enum
from pathlib import Path

from GastricDiffLib.ct.io.dicom_headers import is_dicom

_HEAD = 1 << 16
_META = re.compile(rb"\s*(ObjectType|NDims|Comment)\s*[=:]")
_NIFTI1, _NIFTI2 = 348, 540


class Kind(Enum):
    """Kinds that are taken in; the values are the suffixes that their readers go by."""

    DICOM = ".dcm"
    NRRD = ".nrrd"
    NIFTI = ".nii"
    NIFTI_GZ = ".nii.gz"
    META = ".mha"
    ROI = ".mrk.json"
    ZIP = ".zip"
    OTHER = ""


VOLUMES = (Kind.NRRD, Kind.NIFTI, Kind.NIFTI_GZ, Kind.META)

_OTHERS = (
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG", "a PNG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x1f\x8b", "a gzip file without NIfTI in it"),
    (b"\x89HDF", "an HDF5 file"),
)
ARCHIVES = ("a RAR archive", "a 7z archive", "a tar archive")
"""Descriptions of archives that are not unpacked."""


def kind_of(path: Path) -> Kind:
    """Reads no more than the beginning of the file."""
    head = _head(path)
    if head[:4] in (b"PK\3\4", b"PK\5\6"):
        return Kind.ZIP
    if head.startswith(b"NRRD0"):
        return Kind.NRRD
    if nifti_version(head):
        return Kind.NIFTI
    if head[:2] == b"\x1f\x8b":
        return Kind.NIFTI_GZ if nifti_version(_unzipped(head)) else Kind.OTHER
    if is_dicom(path):
        return Kind.DICOM
    if _META.match(head) and b"NDims" in head:
        return Kind.META
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and b'"markups"' in head:
        return Kind.ROI
    return Kind.OTHER


def described(path: Path) -> str:
    """What a file of another kind seems to be, for a message."""
    head = _head(path)
    if not head:
        return "an empty file"
    for start, words in _OTHERS:
        if head.startswith(start):
            return words
    if head[257:262] == b"ustar":
        return "a tar archive"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"<MRML" in head:
        return "a scene without its data, which is saved as .mrb to carry it along"
    if text.startswith(b"{"):
        return "JSON that is no Slicer markups file"
    if nifti_pair(head):
        return "one half of a pair of .hdr and .img, which is saved as .nii instead"
    return "text" if _is_text(head) else "of no known kind"


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


def _begins_with(head: bytes, number: int) -> bool:
    return head[:4] in (struct.pack("<i", number), struct.pack(">i", number))


def _unzipped(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(head, _NIFTI2)
    except zlib.error:
        return b""


def _is_text(head: bytes) -> bool:
    return not any(byte < 9 or 13 < byte < 32 for byte in head[:4096])


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)
