"""Volumes out to files, whole or not at all."""

from __future__ import annotations

import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from GastricDiffLib.ct.grid import Grid
from GastricDiffLib.errors import InputError
from GastricDiffLib.files import replacing

_TYPES = {"float32": "float", "int16": "short"}
_GZIP = 16 + zlib.MAX_WBITS
"""The window size by which zlib knows that a gzip header is wanted."""
_BLOCK = 32 << 20


def write_nrrd(path: str | Path, array: NDArray[Any], grid: Grid, compressed: bool = True) -> None:
    """Write ``array`` (K, J, I), float32 or int16, on ``grid`` as an NRRD.

    Packed in large blocks, without a copy of the array: ITK's writer packs faster, but makes one.
    Uncompressed it takes a tenth of the time, for files that are read at once and removed. The
    file appears under its name only once it is complete.

    Raises
    ------
    InputError
        When the folder cannot be written, ValueError when array and grid differ in shape or the
        type is another.
    """
    if array.shape != grid.shape:
        raise ValueError(f"array {array.shape} is not on the grid {grid.shape}")
    if array.dtype.name not in _TYPES:
        raise ValueError(f"no NRRD of {array.dtype} is written here")
    # The fastest level: the higher ones take several times as long for little less.
    packer = zlib.compressobj(1, zlib.DEFLATED, _GZIP) if compressed else None
    with replacing(path) as beside:
        try:
            with beside.open("wb") as file:
                file.write(_header(array, grid, compressed))
                voxels = np.ascontiguousarray(array).data.cast("B")
                for start in range(0, len(voxels), _BLOCK):
                    block = voxels[start : start + _BLOCK]
                    file.write(packer.compress(block) if packer else block)
                file.write(packer.flush() if packer else b"")
        except OSError as error:
            raise InputError("cannot write the volume", path, "is the disk full?") from error


def _header(array: NDArray[Any], grid: Grid, compressed: bool) -> bytes:
    def vector(values: NDArray[np.float64]) -> str:
        return f"({','.join(repr(float(value)) for value in values)})"

    fields = {
        "type": _TYPES[array.dtype.name],
        "dimension": "3",
        "space": "left-posterior-superior",
        "sizes": " ".join(str(size) for size in array.shape[::-1]),
        "space directions": " ".join(vector(axis) for axis in grid.ijk_to_lps[:3, :3].T),
        "kinds": "domain domain domain",
        "endian": sys.byteorder,
        "encoding": "gzip" if compressed else "raw",
        "space origin": vector(grid.origin),
    }
    lines = ["NRRD0004", *(f"{name}: {value}" for name, value in fields.items())]
    return ("\n".join(lines) + "\n\n").encode("ascii")
