"""A CT series out of a folder of DICOM files, slice by slice into one array."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from GastricDiffLib.ct.checks import check_extent
from GastricDiffLib.ct.grid import Grid
from GastricDiffLib.ct.io.dicom_headers import THREADS, Header, image_reader, scan_folder
from GastricDiffLib.ct.io.dicom_series import choose, group
from GastricDiffLib.ct.volume import as_int16
from GastricDiffLib.errors import InputError


def read_series(
    folder: Path, series: str | int | None = None, most_voxels: int | None = None
) -> tuple[NDArray[np.int16], Grid, list[str]]:
    """HU (K, J, I) int16 of one series in ``folder``, its grid, and notes for the user.

    Rescale slope and intercept are applied. The pixels go straight into the one array, so
    that memory stays near its size. Which series is read: see ``dicom_series.choose``.

    Raises
    ------
    InputError
        As ``scan_folder``, ``choose`` and ``Series.stack`` do, for a slice that cannot be decoded,
        and for more voxels than asked for.
    """
    found = group(scan_folder(folder))
    chosen = choose(found, series, folder)
    headers, grid, notes = chosen.stack()
    if len(found) > 1:
        notes.insert(
            0,
            f"{len(found)} series in the folder: {chosen.name} with {len(headers)} slices was read",
        )
    check_extent(grid.shape, most_voxels, chosen.name)
    volume = np.empty(grid.shape, dtype=np.int16)

    def read(k: int) -> None:
        _read_pixels(headers[k], volume[k], chosen.name)

    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(read, range(len(headers))):
            pass
    return volume, grid, notes


def _read_pixels(header: Header, out: NDArray[np.int16], where: str) -> None:
    try:
        image = image_reader(header.path).Execute()
    except RuntimeError as error:
        axis = int(np.abs(np.cross(header.row, header.column)).argmax())
        raise InputError(
            "a slice cannot be decoded",
            f"at {header.position[axis]:.1f} mm in {where}",
            "copy or export the series again",
        ) from error
    out[...] = as_int16(sitk.GetArrayViewFromImage(image))[0]
