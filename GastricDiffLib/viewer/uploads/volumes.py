"""Uploaded volume files, checked by their headers before a reader in C++ trusts those."""

from __future__ import annotations

from pathlib import Path

from GastricDiffLib.ct.checks import check_extent
from GastricDiffLib.ct.io.formats import by_name
from GastricDiffLib.errors import InputError
from GastricDiffLib.viewer.limits import Limits


def check_volume(path: Path, limits: Limits) -> None:
    """Refuse a volume file that asks for other files, or for more memory than it may.

    ``path``: with the suffix that fits its content.

    Raises
    ------
    InputError
        Which names ``path``.
    """
    found = by_name(path)
    if found is None or found[1] not in found[0].suffixes:
        raise ValueError(f"not named as a volume file: {path}")
    voxels, most = found[0].extent(path, limits.unpacked)
    check_extent((voxels,), limits.voxels, path)
    if voxels > most:
        raise InputError(
            "the header promises more voxels than the file can hold",
            f"{voxels:,} in {path}",
            "it is damaged or truncated: copy or export it again",
        )
