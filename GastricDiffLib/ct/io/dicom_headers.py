"""What the headers of DICOM files say, without their pixels and without the patient."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from GastricDiffLib.errors import InputError

THREADS = min(4, os.cpu_count() or 1)
_CT_STORAGE = b"1.2.840.10008.5.1.4.1.1.2"
_META_HEADER_LIMIT = 1024


@dataclass(frozen=True, eq=False)
class Header:
    """One DICOM image. Positions in LPS mm; ``spacing`` (i, j) and ``size`` (I, J).

    ``row`` and ``column`` are the unit vectors along which i and j grow.
    """

    path: Path
    modality: str
    series_uid: str
    number: str
    description: str
    instance_uid: str
    size: tuple[int, int]
    spacing: tuple[float, float]
    position: np.ndarray
    row: np.ndarray
    column: np.ndarray


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
            "give the folder of a CT series, or a .nrrd, .nii.gz or .mha file itself",
        )
    with ThreadPoolExecutor(THREADS) as pool:
        readers = list(pool.map(_information, dicom))
    damaged = sum(
        reader is None and _is_ct_storage(path) for path, reader in zip(dicom, readers, strict=True)
    )
    if damaged:
        raise InputError(
            "damaged or truncated DICOM images",
            f"{damaged} of {len(dicom)} in {folder}",
            "copy or export the series again",
        )
    headers = [
        header
        for path, reader in zip(dicom, readers, strict=True)
        if reader is not None and (header := _header(path, reader)) is not None
    ]
    if not headers and any(reader and _is_multi_frame(reader) for reader in readers):
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


def _is_ct_storage(path: Path) -> bool:
    """Whether a file that has no readable image should have had one, by its meta header."""
    with path.open("rb") as file:
        head = file.read(_META_HEADER_LIMIT)
    tag = head.find(b"\x02\x00\x02\x00UI")
    if tag < 0:
        return head[128:132] == b"DICM"
    length = int.from_bytes(head[tag + 6 : tag + 8], "little")
    storage = head[tag + 8 : tag + 8 + length].rstrip(b"\0 ")
    return storage in (b"", _CT_STORAGE)


def _information(path: Path) -> sitk.ImageFileReader | None:
    reader = image_reader(path)
    try:
        reader.ReadImageInformation()
    except RuntimeError:
        return None
    return reader


def _is_multi_frame(reader: sitk.ImageFileReader) -> bool:
    return reader.GetDimension() > 2 and reader.GetSize()[2] > 1


def _header(path: Path, reader: sitk.ImageFileReader) -> Header | None:
    def text(tag: str) -> str:
        if not reader.HasMetaDataKey(tag):
            return ""
        # Text that is not UTF-8 comes with its bytes escaped; most such exports are Latin-1.
        raw = reader.GetMetaData(tag).encode("utf-8", "surrogateescape")
        try:
            return raw.decode("utf-8").strip(" \0")
        except UnicodeDecodeError:
            return raw.decode("latin-1").strip(" \0")

    position, orientation = text("0020|0032"), text("0020|0037")
    if not position or not orientation or "LOCALIZER" in text("0008|0008").upper():
        return None
    if reader.GetNumberOfComponents() != 1 or _is_multi_frame(reader):
        return None
    size, spacing = reader.GetSize(), reader.GetSpacing()
    try:
        cosines = np.array(orientation.split("\\"), dtype=np.float64).reshape(2, 3)
        place = np.array(position.split("\\"), dtype=np.float64).reshape(3)
    except ValueError:
        return None
    lengths = np.linalg.norm(cosines, axis=1)
    if not np.isfinite(lengths).all() or not np.isfinite(place).all() or lengths.min() < 0.5:
        return None
    return Header(
        path=path,
        modality=text("0008|0060"),
        series_uid=text("0020|000e"),
        number=text("0020|0011"),
        description=" ".join(text("0008|103e").split()),
        instance_uid=text("0008|0018"),
        size=(size[0], size[1]),
        spacing=(spacing[0], spacing[1]),
        position=place,
        row=cosines[0] / lengths[0],
        column=cosines[1] / lengths[1],
    )
