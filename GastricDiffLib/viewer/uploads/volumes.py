"""Headers of volume files, read by ourselves before a reader in C++ believes them."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

from GastricDiffLib.ct.checks import check_extent
from GastricDiffLib.errors import InputError
from GastricDiffLib.viewer.limits import Limits, size_text
from GastricDiffLib.viewer.uploads import meta, nrrd
from GastricDiffLib.viewer.uploads.kinds import Kind, nifti_version

_CHUNK = 1 << 22
_HEADER = 540


def check_volume(path: Path, kind: Kind, limits: Limits) -> None:
    """Refuse a volume file that asks for other files, or for more memory than it may.

    ``kind``: one of ``kinds.VOLUMES``. Raises InputError, which names ``path``.
    """
    if kind is Kind.NRRD:
        voxels, held = nrrd.extent(path)
    elif kind is Kind.META:
        voxels, held = meta.extent(path)
    else:
        voxels, held = _nifti_extent(path, kind, limits)
    check_extent((voxels,), limits.voxels, path)
    if voxels > held:
        raise InputError(
            "the header promises more voxels than the file can hold",
            f"{voxels:,} in {path}",
            "it is damaged or truncated: copy or export it again",
        )


def _nifti_extent(path: Path, kind: Kind, limits: Limits) -> tuple[int, int]:
    """Voxels of a NIfTI, and the most that its bytes could be; a packed one is run through."""
    if kind is Kind.NIFTI_GZ:
        head, size = _run_through(path, limits)
    else:
        with path.open("rb") as file:
            head, size = file.read(_HEADER), path.stat().st_size
    version = nifti_version(head)
    order = "<" if head[0] in (348 & 255, 540 & 255) else ">"
    if version == 1:
        dims = struct.unpack_from(f"{order}8h", head, 40)
        (bits,) = struct.unpack_from(f"{order}h", head, 72)
    elif version == 2:
        dims = struct.unpack_from(f"{order}8q", head, 16)
        (bits,) = struct.unpack_from(f"{order}h", head, 14)
    else:
        dims, bits = (), 0
    if not dims or not 1 <= dims[0] <= 7 or min(dims[1 : dims[0] + 1]) < 1 or bits < 1:
        raise InputError("not a readable NIfTI file", path, "damaged: export it again")
    return math.prod(dims[1 : dims[0] + 1]), size * 8 // bits


def _run_through(path: Path, limits: Limits) -> tuple[bytes, int]:
    """The header and the unpacked size of a .nii.gz, nothing kept."""
    head, size = b"", 0
    try:
        with gzip.open(path) as unpacked:
            while chunk := unpacked.read(_CHUNK):
                head = head or chunk[:_HEADER]
                size += len(chunk)
                if size > limits.unpacked:
                    raise InputError(
                        "the file unpacks to too much",
                        f"{path}, more than {size_text(limits.unpacked)}",
                        "upload a smaller CT",
                    )
    except (EOFError, zlib.error, OSError) as error:
        raise InputError(
            "the file is damaged or truncated", path, "copy or export it again"
        ) from error
    return head, size
