"""Files that are no CT: one clear line each, and a quiet terminal."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from GastricDiffLib.ct import read_volume
from GastricDiffLib.errors import InputError


@pytest.fixture
def hu() -> np.ndarray:
    return np.random.default_rng(3).integers(-1000, 1000, (10, 24, 20), dtype=np.int16)


def write(path: Path, array: np.ndarray, *, compress=False, vector=False, **metadata) -> Path:
    image = sitk.GetImageFromArray(array, isVector=vector)
    for key, value in metadata.items():
        image.SetMetaData(key, value)
    sitk.WriteImage(image, str(path), useCompression=compress)
    return path


def refusal(path: Path, capfd: pytest.CaptureFixture[str], series=None) -> str:
    """The one line that reading is refused with, and nothing else on the terminal."""
    capfd.readouterr()
    with pytest.raises(InputError) as caught:
        read_volume(path, series)
    assert capfd.readouterr() == ("", "")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_missing_path_is_named(tmp_path, capfd):
    assert "no such file or folder" in refusal(tmp_path / "nowhere.nrrd", capfd)


@pytest.mark.parametrize("name", ["ct.nrrd", "ct.nii", "ct.nii.gz", "ct.mha", "ct.mhd"])
def test_a_picture_under_a_volumes_name_is_refused(tmp_path, capfd, name):
    picture = tmp_path / "picture.png"
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((9, 9), np.uint8)), str(picture))
    picture.rename(tmp_path / name)
    assert "not a readable" in refusal(tmp_path / name, capfd)


@pytest.mark.parametrize("name", ["ct.png", "IM0001", "ct.dcm"])
def test_a_file_of_another_kind_is_answered_with_the_kinds_there_are(tmp_path, capfd, name):
    (tmp_path / name).write_bytes(b"\0" * 300)
    assert ".nii.gz" in refusal(tmp_path / name, capfd)


@pytest.mark.parametrize("part", [0.05, 0.6, 0.98])
@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("suffix", ["nrrd", "nii", "nii.gz", "mha"])
def test_a_truncated_file_is_refused(hu, tmp_path, capfd, suffix, compress, part):
    path = write(tmp_path / f"ct.{suffix}", hu, compress=compress)
    np.testing.assert_array_equal(read_volume(path).hu, hu[:, :, :])
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    message = refusal(path, capfd)
    assert "ends before its last voxel" in message or "not a readable" in message


def test_a_truncated_detached_data_file_is_refused(hu, tmp_path, capfd):
    path = write(tmp_path / "ct.mhd", hu)
    raw = tmp_path / "ct.raw"
    raw.write_bytes(raw.read_bytes()[:-50])
    assert "ends before its last voxel" in refusal(path, capfd)
    raw.unlink()
    assert "voxels is missing" in refusal(path, capfd)


def test_a_metaimage_damaged_within_its_packed_voxels_is_refused(hu, tmp_path, capfd):
    path = write(tmp_path / "ct.mha", hu, compress=True)
    data = bytearray(path.read_bytes())
    data[-2000:-1990] = bytes(10)
    path.write_bytes(data)
    assert "ends before its last voxel" in refusal(path, capfd)


def test_a_whole_nifti_packed_in_two_members_is_read(hu, tmp_path):
    plain = write(tmp_path / "ct.nii", hu).read_bytes()
    path = tmp_path / "ct.nii.gz"
    path.write_bytes(gzip.compress(plain[:900]) + gzip.compress(plain[900:]))
    np.testing.assert_array_equal(read_volume(path).hu, hu)


def test_a_picture_of_0_to_255_is_refused(hu, tmp_path, capfd):
    grey = (hu.clip(-160, 240) + 160) * 255 // 400
    message = refusal(write(tmp_path / "ct.nrrd", grey.astype(np.uint8)), capfd)
    assert "not in Hounsfield units" in message and "0…255" in message


def test_raw_scanner_values_are_refused_with_the_hint(hu, tmp_path, capfd):
    message = refusal(write(tmp_path / "ct.nii.gz", hu + 1024), capfd)
    assert "not in Hounsfield units" in message and "subtracting 1024" in message


def test_nan_is_refused_with_its_count(hu, tmp_path, capfd):
    holes = hu.astype(np.float32)
    holes[2, 3, 4:9] = np.nan
    holes[5, 0, 0] = -np.inf
    assert f"6 of {hu.size} voxels" in refusal(write(tmp_path / "ct.nrrd", holes), capfd)


@pytest.mark.parametrize("key", ["0008|0060", "modality"])
def test_a_file_that_names_another_modality_is_refused(hu, tmp_path, capfd, key):
    assert "modality is MR" in refusal(write(tmp_path / "mr.nrrd", hu, **{key: "MR"}), capfd)
    assert read_volume(write(tmp_path / "ct.nrrd", hu, **{key: "CT"})).notes == ()


@pytest.mark.parametrize("suffix", ["nrrd", "nii.gz", "mha"])
def test_a_time_series_a_picture_and_colours_are_refused(hu, tmp_path, capfd, suffix):
    series = write(tmp_path / f"4d.{suffix}", np.stack([hu, hu]))
    assert "not a three-dimensional volume" in refusal(series, capfd)
    flat = write(tmp_path / f"2d.{suffix}", hu[0])
    assert "not a three-dimensional volume" in refusal(flat, capfd)
    single = write(tmp_path / f"1.{suffix}", hu[:1])
    assert "not a three-dimensional volume" in refusal(single, capfd)
    colours = write(tmp_path / f"rgb.{suffix}", np.stack([hu] * 3, axis=-1), vector=True)
    assert "one value per voxel" in refusal(colours, capfd)


def test_a_series_cannot_be_named_in_a_file(hu, tmp_path, capfd):
    path = write(tmp_path / "ct.nrrd", hu)
    assert "only a DICOM folder" in refusal(path, capfd, series=2)


def test_reading_gives_itks_warnings_back(hu, tmp_path):
    before = sitk.ProcessObject.GetGlobalWarningDisplay()
    read_volume(write(tmp_path / "ct.nrrd", hu))
    assert sitk.ProcessObject.GetGlobalWarningDisplay() == before
