"""The headers of DICOM files, without their pixels and without the patient.

pydicom reads the headers; the pixels are left to SimpleITK, whose GDCM decodes what CT scanners
pack. pydicom is imported when a folder is read: it costs more than all else here.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from GastricDiffLib.errors import InputError

if TYPE_CHECKING:
    from pydicom.dataset import FileDataset

THREADS = min(4, os.cpu_count() or 1)
_CT_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
_DEFLATED = "1.2.840.10008.1.2.1.99"
_UNDEFINED = 0xFFFFFFFF
"""The length of pixels that are packed, in pieces."""
_HEAD = 1 << 16
"""Bytes that hold most headers; so many are read at once."""
_PIXEL_HEADER = 12
_TAGS = {
    "SpecificCharacterSet": 0x0008_0005,
    "ImageType": 0x0008_0008,
    "SOPInstanceUID": 0x0008_0018,
    "Modality": 0x0008_0060,
    "SeriesDescription": 0x0008_103E,
    "SeriesInstanceUID": 0x0020_000E,
    "SeriesNumber": 0x0020_0011,
    "ImagePositionPatient": 0x0020_0032,
    "ImageOrientationPatient": 0x0020_0037,
    "PhotometricInterpretation": 0x0028_0004,
    "NumberOfFrames": 0x0028_0008,
    "Rows": 0x0028_0010,
    "Columns": 0x0028_0011,
    "PixelSpacing": 0x0028_0030,
    "BitsAllocated": 0x0028_0100,
}
"""By number, since pydicom looks names up for every file anew."""


@dataclass(frozen=True, eq=False)
class Header:
    """One DICOM image.

    Attributes
    ----------
    size
        (I, J), pixels.
    spacing
        Along i and j, mm.
    position
        (3,) LPS position of the first pixel's centre, mm.
    row, column
        (3,) unit vectors in LPS along which i and j grow.
    """

    path: Path
    modality: str
    series_uid: str
    number: str
    description: str
    instance_uid: str
    size: tuple[int, int]
    spacing: tuple[float, float]
    position: NDArray[np.float64]
    row: NDArray[np.float64]
    column: NDArray[np.float64]


class _NoSlice(Enum):
    """Why a DICOM file gives no :class:`Header`."""

    OTHER = "a report, a localizer, a screenshot"
    DAMAGED = "a CT image that is not whole"
    MULTI_FRAME = "several images in one file"


def scan_folder(folder: Path) -> list[Header]:
    """The grey-scale, positioned images below ``folder``, without localizers.

    Other files are passed over: text, DICOMDIR, reports, screenshots.

    Raises
    ------
    InputError
        When nothing is there, no DICOM image is, or a CT image is damaged.
    """
    paths = list(_files(folder))
    if not paths:
        raise InputError("the folder is empty", folder, "give the folder of a CT series")
    dicom = [path for path in paths if is_dicom(path)]
    if not dicom:
        raise InputError(
            f"no DICOM in the folder, only {len(paths)} other files",
            folder,
            "give the folder of a CT series, or a volume file itself",
        )
    # Of values that break the standard's rules, as many files hold them, pydicom warns.
    with warnings.catch_warnings(), ThreadPoolExecutor(THREADS) as pool:
        warnings.simplefilter("ignore")
        found = list(pool.map(_scan, dicom))
    damaged = found.count(_NoSlice.DAMAGED)
    if damaged:
        raise InputError(
            "damaged or truncated DICOM images",
            f"{damaged} of {len(dicom)} in {folder}",
            "copy or export the series again",
        )
    headers = [one for one in found if isinstance(one, Header)]
    if not headers and _NoSlice.MULTI_FRAME in found:
        raise InputError(
            "multi-frame DICOM is not supported",
            folder,
            "load it in 3D Slicer and save it as .nrrd",
        )
    if not headers:
        raise InputError(
            f"no slice images among {len(dicom)} DICOM files",
            folder,
            "localizers, reports and screenshots do not count: export the CT series itself",
        )
    return headers


def image_reader(path: Path) -> sitk.ImageFileReader:
    """A reader that takes the file for DICOM and keeps no private tags."""
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.SetImageIO("GDCMImageIO")
    return reader


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(root) / name for name in sorted(names))


def is_dicom(path: Path) -> bool:
    """Whether the file begins as DICOM does; False where it cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(132)
    except OSError:
        return False
    # Files of before 1993 begin with their first element, group 2 or 8, without a preamble.
    return head[128:] == b"DICM" or head[:2] in (b"\x02\x00", b"\x08\x00")


def _scan(path: Path) -> Header | _NoSlice:
    try:
        with path.open("rb") as file:
            dataset, whole = _read(file)
        size = int(dataset[_TAGS["Columns"]].value), int(dataset[_TAGS["Rows"]].value)
        gray = _text(dataset, "PhotometricInterpretation") in ("MONOCHROME1", "MONOCHROME2")
        whole = whole and int(dataset[_TAGS["BitsAllocated"]].value) > 0
    except Exception:  # pydicom raises whatever the bytes of a damaged file lead to
        return _NoSlice.DAMAGED if _should_be_ct(path) else _NoSlice.OTHER
    if not whole:
        return _NoSlice.DAMAGED if _should_be_ct(path) else _NoSlice.OTHER
    frames = _text(dataset, "NumberOfFrames")
    if frames.isdigit() and int(frames) > 1:
        return _NoSlice.MULTI_FRAME
    if not gray:
        return _NoSlice.OTHER
    return _header(path, dataset, size)


def _header(path: Path, dataset: FileDataset, size: tuple[int, int]) -> Header | _NoSlice:
    if "LOCALIZER" in _text(dataset, "ImageType").upper():
        return _NoSlice.OTHER
    position = _numbers(dataset, "ImagePositionPatient", 3)
    cosines = _numbers(dataset, "ImageOrientationPatient", 6)
    if position is None or cosines is None:
        return _NoSlice.OTHER
    row, column = cosines.reshape(2, 3)
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if min(lengths) < 0.5:
        return _NoSlice.OTHER
    spacing = _numbers(dataset, "PixelSpacing", 2)
    between_rows, between_columns = (1.0, 1.0) if spacing is None else spacing.tolist()
    return Header(
        path=path,
        modality=_text(dataset, "Modality"),
        series_uid=_text(dataset, "SeriesInstanceUID"),
        number=_text(dataset, "SeriesNumber"),
        description=" ".join(_text(dataset, "SeriesDescription").split()),
        instance_uid=_text(dataset, "SOPInstanceUID"),
        size=size,
        spacing=(between_columns or 1.0, between_rows or 1.0),
        position=position,
        row=row / lengths[0],
        column=column / lengths[1],
    )


def _text(dataset: FileDataset, name: str) -> str:
    """An element's text as it stands in the file, values parted by backslashes."""
    tag = _TAGS[name]
    raw = getattr(dataset.get_item(tag), "value", None) or b""
    if not isinstance(raw, bytes):
        return str(raw).strip(" \0")
    if not raw.isascii() and _TAGS["SpecificCharacterSet"] in dataset:
        return str(dataset[tag].value).strip(" \0")
    # Where the file names no character set, text should be ASCII; most such exports are UTF-8
    # or Latin-1.
    try:
        return raw.decode("utf-8").strip(" \0")
    except UnicodeDecodeError:
        return raw.decode("latin-1").strip(" \0")


def _numbers(dataset: FileDataset, name: str, count: int) -> NDArray[np.float64] | None:
    """An element's numbers; None unless there are ``count`` finite ones."""
    try:
        numbers = np.array(_text(dataset, name).split("\\"), dtype=np.float64)
    except ValueError:
        return None
    return numbers if numbers.shape == (count,) and np.isfinite(numbers).all() else None


def _read(file: BinaryIO) -> tuple[FileDataset, bool]:
    """The header, and whether the pixels follow it and are whole."""
    head = file.read(_HEAD)
    try:
        dataset, end = _parse(BytesIO(head))
    except Exception:  # the header may go on behind, or be packed together with the pixels
        if len(head) < _HEAD:
            raise
        end = _HEAD
    if len(head) == _HEAD and end > _HEAD - _PIXEL_HEADER:
        file.seek(0)
        dataset, end = _parse(file)
    if dataset.file_meta.get("TransferSyntaxUID") == _DEFLATED:
        return dataset, True  # the header was read from an unpacked copy
    file.seek(end)
    return dataset, _pixels_follow(file)


def _parse(file: BinaryIO) -> tuple[FileDataset, int]:
    """The header, and where it ends."""
    from pydicom import dcmread

    tags = list(_TAGS.values())
    dataset = dcmread(file, stop_before_pixels=True, force=True, specific_tags=tags)
    return dataset, file.tell()


def _pixels_follow(file: BinaryIO) -> bool:
    """Whether the pixels begin here, and end before the file does."""
    size = os.fstat(file.fileno()).st_size
    head = file.read(_PIXEL_HEADER)
    if head[:4] == b"\xe0\x7f\x10\x00":
        order: Literal["little", "big"] = "little"
    elif head[:4] == b"\x7f\xe0\x00\x10":
        order = "big"
    else:
        return False
    explicit = head[4:6] in (b"OB", b"OW")
    length = int.from_bytes(head[8:12] if explicit else head[4:8], order)
    start = file.tell() - (0 if explicit else 4)
    if length != _UNDEFINED:
        return start + length <= size
    pieces = 0
    while start + 8 <= size:
        file.seek(start)
        item = file.read(8)
        if item[:4] != b"\xfe\xff\x00\xe0":
            return True  # the end of the pieces; of anything else their decoder will complain
        start += 8 + int.from_bytes(item[4:], "little")
        pieces += 1
    return pieces > 1 and start <= size  # nothing but the mark of the end is missing


def _should_be_ct(path: Path) -> bool:
    """Whether a file that has no readable image should have had one, by its meta header."""
    from pydicom.filereader import read_file_meta_info

    try:
        meta = read_file_meta_info(path)
        return str(meta.get("MediaStorageSOPClassUID", "")) in ("", _CT_STORAGE)
    except Exception:  # as above
        with path.open("rb") as file:
            return file.read(132)[128:] == b"DICM"
