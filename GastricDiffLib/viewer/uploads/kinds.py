"""What an uploaded file is, by its content; its name is never asked."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from GastricDiffLib.ct.io.dicom_headers import is_dicom
from GastricDiffLib.ct.io.formats import HEAD_BYTES, SINGLE_FILE_SUFFIXES, by_content
from GastricDiffLib.ct.io.nifti import nifti_pair


class Kind(Enum):
    """Kinds of files that an upload may hold; a volume is of one of ``ct.io.formats``."""

    DICOM = "DICOM"
    VOLUME = "volume"
    ROI = "ROI"
    ZIP = "zip"
    OTHER = "other"


DICOM_SUFFIX, ROI_SUFFIX = ".dcm", ".mrk.json"
READABLE = (
    f"a DICOM series, {', '.join(SINGLE_FILE_SUFFIXES)}, {ROI_SUFFIX}, .mrb, or a .zip of these"
)
"""What can be uploaded, for messages."""

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
    if by_content(head):
        return Kind.VOLUME
    if is_dicom(path):
        return Kind.DICOM
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and b'"markups"' in head:
        return Kind.ROI
    return Kind.OTHER


def volume_suffix(path: Path) -> str:
    """The suffix by which a reader knows this volume file; empty for any other file."""
    found = by_content(_head(path))
    return found[1] if found else ""


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


def _is_text(head: bytes) -> bool:
    return not any(byte < 9 or 13 < byte < 32 for byte in head[:4096])


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)
