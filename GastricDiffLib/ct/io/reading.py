"""A CT from a DICOM folder or a volume file, checked and brought to axial order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from GastricDiffLib.ct.checks import check_extent, check_hu, may_be_ct, not_ct
from GastricDiffLib.ct.grid import Grid
from GastricDiffLib.ct.io.dicom import read_series
from GastricDiffLib.ct.io.formats import SUFFIXES, by_name
from GastricDiffLib.ct.volume import CTVolume, as_int16
from GastricDiffLib.errors import InputError

_MODALITY_KEYS = ("modality", "0008|0060", "dicom_0008_0060")


def read_volume(path: str | Path, series: str | int | None = None) -> CTVolume:
    """Read a CT: a DICOM folder (searched with its subfolders), NRRD, NIfTI or MetaImage.

    Of several DICOM series the CT with the most slices is read, then the one with the
    thinner spacing, then the lower number, and ``notes`` states it; ``series`` names another
    one by number, description or UID.

    Raises
    ------
    InputError
        When the path is missing, the file or folder is damaged, incomplete, no CT, not in HU, or
        not one 3D volume.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from GastricDiffLib.ct import Grid, read_volume
    >>> from GastricDiffLib.ct.io.writing import write_nrrd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     grid = Grid((5, 6, 7), np.diag([0.8, 0.8, 2.5, 1]))
    ...     write_nrrd(f"{folder}/ct.nrrd", np.full(grid.shape, -1000, np.int16), grid)
    ...     volume = read_volume(f"{folder}/ct.nrrd")
    >>> volume.hu.shape, volume.spacing_mm
    ((5, 6, 7), (2.5, 0.8, 0.8))
    """
    array, grid, notes = read_voxels(path, series)
    return CTVolume.from_array(array, grid.ijk_to_lps, notes)


def read_voxels(
    path: str | Path, series: str | int | None = None, most_voxels: int | None = None
) -> tuple[NDArray[np.int16], Grid, list[str]]:
    """The HU (K, J, I) int16 that ``read_volume`` reads, still on the file's own grid; notes.

    Raises
    ------
    InputError
        As it does, and before the voxels are read where there are too many.
    """
    path = Path(path)
    if not path.exists():
        raise InputError("no such file or folder", path)
    with _quiet():
        if path.is_dir():
            array, grid, notes = read_series(path, series, most_voxels)
        else:
            if series is not None:
                raise InputError("only a DICOM folder has series to choose from", path)
            array, grid = _read_file(path, most_voxels)
            notes = []
    check_hu(array, path)
    return array, grid, notes


@contextmanager
def _quiet() -> Iterator[None]:
    """ITK's warnings stay off the terminal: what matters is in InputErrors and notes."""
    shown = sitk.ProcessObject.GetGlobalWarningDisplay()
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        yield
    finally:
        sitk.ProcessObject.SetGlobalWarningDisplay(shown)


def _read_file(path: Path, most_voxels: int | None) -> tuple[NDArray[np.int16], Grid]:
    # By suffix, not by content: a picture called .nrrd shall not be read as a picture.
    if (found := by_name(path)) is None:
        raise InputError(
            "not a CT that can be read",
            path,
            f"give a DICOM folder or a file of {', '.join(SUFFIXES)}",
        )
    file_format, suffix = found
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.SetImageIO(file_format.image_io)
    try:
        file_format.check_complete(path)
        reader.ReadImageInformation()
        _check_header(reader, path)
        check_extent(reader.GetSize(), most_voxels, path)
        image = reader.Execute()
    except (RuntimeError, OSError) as error:
        if "orthonormal" in str(error):
            raise InputError(
                "the volume's axes are not at right angles",
                path,
                "load it in 3D Slicer, harden its transform, and save it as .nrrd",
            ) from error
        if "alloc" in str(error):
            raise InputError(
                "the volume needs more memory than there is",
                f"{path} is {' × '.join(map(str, reader.GetSize()))}",
                "crop it, or export thicker slices",
            ) from error
        raise InputError(
            f"not a readable {suffix} file", path, "damaged or of another format: export it again"
        ) from error
    view = sitk.GetArrayViewFromImage(image)
    # The view dies with the image, so that int16, which as_int16 hands through, is copied.
    array = view.copy() if view.dtype == np.int16 else as_int16(view)
    return array, Grid.from_sitk(image)


def _check_header(reader: sitk.ImageFileReader, path: Path) -> None:
    for key in reader.GetMetaDataKeys():
        if key.lower() in _MODALITY_KEYS and not may_be_ct(reader.GetMetaData(key)):
            raise not_ct(reader.GetMetaData(key), path)
    size = reader.GetSize()
    shape = " × ".join(map(str, size))
    if len(size) != 3 or min(size) < 2:
        raise InputError("not a three-dimensional volume", f"{path} is {shape}", "give a CT stack")
    if reader.GetNumberOfComponents() != 1:
        raise InputError(
            "not one value per voxel",
            f"{path} has {reader.GetNumberOfComponents()}",
            "give a CT in HU, not colours or vectors",
        )
