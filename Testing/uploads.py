"""Uploads to order, good and hostile, for the tests of the viewer's uploads."""

from __future__ import annotations

import io
import shutil
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from made_results import made_grid, made_hu

from GastricDiffLib.ct.io.writing import write_nrrd
from GastricDiffLib.errors import InputError
from GastricDiffLib.viewer.uploads import Limits, UploadOutcome, receive_upload, write_upload


def uploaded(folder: Path, files: Mapping[str, bytes | Path]) -> Path:
    """A folder as the server leaves it for these files, by the browser's names."""
    folder.mkdir(parents=True)
    for source, target in zip(files.values(), write_upload(folder, list(files)), strict=True):
        if isinstance(source, Path):
            shutil.copyfile(source, target)
        else:
            target.write_bytes(source)
    return folder


def received(tmp_path: Path, given: Mapping[str, bytes | Path], **limits: int) -> UploadOutcome:
    """What these files are received as, into ``out``."""
    return receive_upload(uploaded(tmp_path / "upload", given), tmp_path / "out", Limits(**limits))


def refusal(tmp_path: Path, given: Mapping[str, bytes | Path], **limits: int) -> str:
    """The one line that they are refused with; nothing is left, no place or name is reported."""
    shutil.rmtree(tmp_path / "upload", ignore_errors=True)
    folder = uploaded(tmp_path / "upload", given)
    with pytest.raises(InputError) as caught:
        receive_upload(folder, tmp_path / "out", Limits(**limits))
    message = str(caught.value)
    assert message.isprintable()
    assert str(tmp_path) not in message and not any(name in message for name in given)
    assert not [path.name for path in tmp_path.iterdir() if "out" in path.name]
    return message


def zipped(files: Mapping[str, bytes] | Sequence[tuple[str, bytes]], **info: int) -> bytes:
    """A zip of these entries, whatever they are called; ``info``: fields of their records."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, data in files.items() if isinstance(files, Mapping) else files:
            record = zipfile.ZipInfo("name")
            record.filename = name
            record.compress_type = zipfile.ZIP_DEFLATED
            for field, value in info.items():
                setattr(record, field, value)
            bundle.writestr(record, data)
    return held.getvalue()


def folder_zipped(folder: Path, prefix: str = "") -> bytes:
    """A zip of all files in a folder."""
    return zipped({f"{prefix}{path.name}": path.read_bytes() for path in sorted(folder.iterdir())})


def ct_file(path: Path, suffix: str = ".nrrd", compressed: bool = False) -> bytes:
    """A small CT as that kind of file, written to ``path``."""
    path = path.with_suffix("").with_suffix(suffix)
    write_nrrd(path.with_suffix(".nrrd"), made_hu(), made_grid(), compressed)
    if suffix != ".nrrd":
        sitk.WriteImage(sitk.ReadImage(str(path.with_suffix(".nrrd"))), str(path), compressed)
    return path.read_bytes()


def nrrd(fields: str, data: bytes = b"") -> bytes:
    """An NRRD with that header, lines of ``key: value``."""
    return f"NRRD0004\n{fields.strip()}\n\n".encode() + data


def flat_nrrd(shape: tuple[int, int, int], compress) -> bytes:
    """An NRRD of air of that shape (I, J, K), int16, gzip by ``compress``."""
    sizes = " ".join(map(str, shape))
    header = f"type: short\ndimension: 3\nsizes: {sizes}\nendian: little\nencoding: gzip"
    return nrrd(header, compress(np.full(np.prod(shape), -1000, np.int16).tobytes()))


def nifti(dims: Sequence[int], bits: int = 16, magic: bytes = b"n+1\0", data: int = 0) -> bytes:
    """A NIfTI-1 header with these dimensions and some zeros behind it."""
    head = bytearray(352)
    struct.pack_into("<i", head, 0, 348)
    struct.pack_into("<8h", head, 40, len(dims), *dims, *[1] * (7 - len(dims)))
    struct.pack_into("<hh", head, 70, 4, bits)
    struct.pack_into("<8f", head, 76, *[1.0] * 8)
    struct.pack_into("<f", head, 108, 352)
    head[344:348] = magic
    return bytes(head) + bytes(data)
