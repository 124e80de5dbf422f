"""DICOM folders as hospitals export them, whole, mixed and broken."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from dicom_files import write_series

from GastricDiffLib.ct import read_volume
from GastricDiffLib.errors import InputError

SECRETS = ("Doe", "9.8.7")


@pytest.fixture(scope="session")
def crop(shared_data) -> np.ndarray:
    """A piece of the real abdomen, small enough to write again and again."""
    return read_volume(shared_data / "abdomen-dicom").hu[:8, 180:212, 200:240].copy()


def refusal(folder: Path, series=None) -> str:
    """The one line that reading the folder is refused with."""
    with pytest.raises(InputError) as caught:
        read_volume(folder, series)
    message = str(caught.value)
    assert "\n" not in message
    assert not any(secret in message for secret in SECRETS)
    return message


def test_the_real_abdomen_is_read_in_hu_and_in_order(shared_data):
    volume = read_volume(shared_data / "abdomen-dicom")
    files = sorted((shared_data / "abdomen-dicom").iterdir())
    expected = sitk.GetArrayFromImage(sitk.ReadImage([str(path) for path in files]))
    np.testing.assert_array_equal(volume.hu, expected)
    assert volume.hu.dtype == np.int16
    assert volume.hu.shape == (20, 512, 512)
    assert volume.spacing_mm == (2.0, 0.9765625, 0.9765625)
    assert volume.origin_lps == (-249.51171875, -437.51171875, -804.5)
    assert volume.notes == () and not volume.resampled
    # Air around the patient and water-like tissue within: the intercept was applied.
    assert np.median(volume.hu[:, :20, :20]) < -950
    assert 0 < np.median(volume.hu[10, 250:300, 200:230]) < 150


def test_slices_are_sorted_by_position_not_by_name(crop, tmp_path):
    write_series(tmp_path, crop, names=[f"{name}.dcm" for name in "hbdafcge"])
    np.testing.assert_array_equal(read_volume(tmp_path).hu, crop)


def test_files_without_suffix_in_subfolders_among_other_files_are_found(crop, tmp_path):
    write_series(tmp_path / "DISK1" / "A", crop[:5], names=[f"IM{k}" for k in range(5)])
    write_series(
        tmp_path / "DISK2",
        crop[5:],
        names=[f"IM{k}" for k in range(3)],
        positions=[30.0, 32.0, 34.0],
    )
    (tmp_path / "README.txt").write_text("viewer")
    (tmp_path / "DISK1" / "empty").write_bytes(b"")
    volume = read_volume(tmp_path)
    np.testing.assert_array_equal(volume.hu, crop)
    assert volume.notes == ()


def test_the_rescale_slope_is_applied_and_rounded(crop, tmp_path):
    write_series(tmp_path, crop)
    for path in tmp_path.iterdir():
        data = bytearray(path.read_bytes())
        slope = data.index(b"\x28\x00\x53\x10") + 8
        assert data[slope : slope + 2] == b"1 "
        data[slope : slope + 2] = b".5"
        path.write_bytes(data)
    expected = np.rint((crop.astype(float) + 1024) * 0.5 - 1024)
    np.testing.assert_array_equal(read_volume(tmp_path).hu, expected)


def test_a_feet_first_stack_with_reversed_rows_comes_out_upright(crop, tmp_path):
    write_series(tmp_path, crop[:, ::-1, ::-1], orientation="-1\\0\\0\\0\\-1\\0")
    volume = read_volume(tmp_path)
    np.testing.assert_array_equal(volume.hu, crop)
    assert volume.origin_lps == pytest.approx((-30 - 39 * 0.8, -40 - 31 * 0.7, 20.0))


def test_the_series_with_the_most_slices_is_read_and_reported(crop, tmp_path):
    write_series(tmp_path, crop[:5], number=2, description="THIN")
    write_series(tmp_path, crop, number=3, description="ABDOMEN")
    write_series(tmp_path, crop[:2], number=1, kind="ORIGINAL\\PRIMARY\\LOCALIZER")
    write_series(tmp_path, np.repeat(crop, 2, axis=0), number=9, modality="PT")
    volume = read_volume(tmp_path)
    np.testing.assert_array_equal(volume.hu, crop)
    assert volume.notes == ("3 series in the folder: series 3 with 8 slices was read",)


def test_of_equally_long_series_the_thinner_then_the_lower_number_is_read(crop, tmp_path):
    write_series(tmp_path, crop, number=12)
    write_series(tmp_path, crop - 3, number=7)
    np.testing.assert_array_equal(read_volume(tmp_path).hu, crop - 3)
    write_series(tmp_path, crop - 5, number=20, positions=[20 + 1.5 * k for k in range(8)])
    np.testing.assert_array_equal(read_volume(tmp_path).hu, crop - 5)


@pytest.mark.parametrize("wanted", [2, "2", "late phase", "9.8.7.2"])
def test_the_caller_may_name_a_series(crop, tmp_path, wanted):
    write_series(tmp_path, crop[:5], number=2, description="Late Phase")
    write_series(tmp_path, crop, number=3)
    np.testing.assert_array_equal(read_volume(tmp_path, wanted).hu, crop[:5])


def test_an_unknown_series_is_answered_with_what_there_is(crop, tmp_path):
    write_series(tmp_path, crop[:5], number=2, description="Späte Phase")
    write_series(tmp_path, crop, number=3, modality="MR")
    message = refusal(tmp_path, "17")
    assert "no series '17'" in message
    assert "series 2 'Späte Phase' (CT, 5 slices)" in message
    assert "series 3 'ABDOMEN' (MR, 8 slices)" in message
    for path in tmp_path.glob("2-*"):
        path.write_bytes(path.read_bytes().replace("ä".encode(), b"\xe4 "))
    assert "'Sp\u00e4 te Phase'" in refusal(tmp_path, "17")


def test_series_are_kept_apart_even_without_uids(crop, tmp_path):
    write_series(tmp_path, crop, uid="", description="VENOUS")
    write_series(tmp_path, crop[:6], uid="", description="BONE", names=[f"b{k}" for k in range(6)])
    np.testing.assert_array_equal(read_volume(tmp_path).hu, crop)
    np.testing.assert_array_equal(read_volume(tmp_path, "bone").hu, crop[:6])


def test_a_missing_slice_is_named_by_its_position(crop, tmp_path):
    write_series(tmp_path, crop, number=14)
    (tmp_path / "14-003.dcm").unlink()
    message = refusal(tmp_path)
    assert message.startswith("slice missing: between 24.0 and 28.0 mm in series 14")
    (tmp_path / "14-005.dcm").unlink()
    assert "2 slices missing: between 24.0 and 28.0 mm, 28.0 and 32.0 mm" in refusal(tmp_path)


def test_a_missing_slice_of_the_real_abdomen_is_named(shared_data, tmp_path):
    for path in (shared_data / "abdomen-dicom").iterdir():
        shutil.copyfile(path, tmp_path / path.name)
    (tmp_path / "slice-07.dcm").unlink()
    assert "slice missing: between -792.5 and -788.5 mm" in refusal(tmp_path)


def test_uneven_spacing_is_named(crop, tmp_path):
    write_series(tmp_path, crop, positions=[20, 22, 24, 26, 28, 31, 33, 35])
    message = refusal(tmp_path)
    assert "not evenly spaced" in message and "2.00 to 3.00 mm" in message
    assert "28.0 and 31.0 mm" in message


def test_positions_rounded_by_the_scanner_count_as_even(crop, tmp_path):
    exact = [20 + 1.25 * k for k in range(8)]
    write_series(tmp_path, crop, positions=[round(z, 1) for z in exact])
    assert read_volume(tmp_path).spacing_mm[0] == pytest.approx(1.25, abs=0.02)


def test_a_slice_shifted_sideways_is_refused(crop, tmp_path):
    places = [(-30.0, -40.0, 20.0 + 2 * k) for k in range(8)]
    places[4] = (-28.5, -40.0, 28.0)
    write_series(tmp_path, crop, positions=places)
    assert "not evenly spaced" in refusal(tmp_path)


def test_a_stack_that_bends_is_refused(crop, tmp_path):
    aside = [0.4 * min(k, 7 - k) for k in range(8)]
    places = [(-30.0 + x, -40.0, 20.0 + 2 * k) for k, x in enumerate(aside)]
    write_series(tmp_path, crop, positions=places)
    assert "straight row: at 26.0 mm" in refusal(tmp_path)


def test_of_many_gaps_the_first_three_are_named(crop, tmp_path):
    write_series(
        tmp_path, np.tile(crop, (3, 1, 1)), positions=[2 * (k + k // 4) for k in range(24)]
    )
    message = refusal(tmp_path)
    assert "5 slices missing" in message and "and 2 other places" in message


def test_two_phases_in_one_series_are_refused(crop, tmp_path):
    write_series(tmp_path, crop, instance=1)
    write_series(tmp_path, crop + 1, instance=2, names=[f"late{k}" for k in range(8)])
    message = refusal(tmp_path)
    assert "several images at the same position: 20.0 mm" in message and "phase" in message


def test_files_exported_twice_are_read_once_and_reported(crop, tmp_path):
    write_series(tmp_path / "a", crop, instance=1)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    volume = read_volume(tmp_path)
    np.testing.assert_array_equal(volume.hu, crop)
    assert volume.notes == ("8 files of series 4 are copies and were left out",)


def test_an_mr_series_is_refused_by_its_modality(crop, tmp_path):
    write_series(tmp_path, crop, modality="MR")
    assert "the modality is MR, not CT" in refusal(tmp_path)


def test_a_named_mr_series_is_refused_beside_a_ct(crop, tmp_path):
    write_series(tmp_path, crop, number=1)
    write_series(tmp_path, crop, number=2, modality="MR")
    assert "the modality is MR, not CT" in refusal(tmp_path, 2)


def test_a_single_slice_is_refused(crop, tmp_path):
    write_series(tmp_path, crop[:1])
    assert "single slice" in refusal(tmp_path)


def test_raw_values_are_refused_with_the_intercept_as_hint(crop, tmp_path):
    write_series(tmp_path, crop + 1024 * 2)
    message = refusal(tmp_path)
    assert "not in Hounsfield units" in message and "intercept" in message


def test_a_multi_frame_file_is_refused(crop, tmp_path):
    image = sitk.GetImageFromArray(crop)
    for key, value in {
        "0008|0060": "CT",
        "0020|0032": "0\\0\\0",
        "0020|0037": "1\\0\\0\\0\\1\\0",
        "0028|0008": "8",
    }.items():
        image.SetMetaData(key, value)
    sitk.WriteImage(image, str(tmp_path / "all.dcm"))
    assert "multi-frame" in refusal(tmp_path)


def test_a_folder_of_localizers_alone_is_refused(crop, tmp_path):
    write_series(tmp_path, crop[:2], kind="ORIGINAL\\PRIMARY\\LOCALIZER")
    assert "no slice images" in refusal(tmp_path)


def test_an_empty_folder_and_one_without_dicom_are_refused(tmp_path):
    assert "the folder is empty" in refusal(tmp_path)
    (tmp_path / "notes.txt").write_text("x" * 300)
    assert "no DICOM in the folder" in refusal(tmp_path)


@pytest.mark.parametrize("part", [0.5, 0.95])
@pytest.mark.parametrize("victim", ["slice-00.dcm", "slice-09.dcm"])
def test_a_truncated_dicom_file_is_refused(shared_data, tmp_path, capfd, part, victim):
    for path in (shared_data / "abdomen-dicom").iterdir():
        shutil.copyfile(path, tmp_path / path.name)
    data = (tmp_path / victim).read_bytes()
    (tmp_path / victim).write_bytes(data[: int(len(data) * part)])
    message = refusal(tmp_path)
    assert "1 of 20" in message or "cannot be decoded" in message
    assert capfd.readouterr().err == ""


def test_a_slice_whose_pixels_do_not_decode_is_named_by_its_position(shared_data, tmp_path):
    for path in (shared_data / "abdomen-dicom").iterdir():
        shutil.copyfile(path, tmp_path / path.name)
    data = (tmp_path / "slice-09.dcm").read_bytes()
    start = data.index(b"\xff\x4f\xff\x51")
    (tmp_path / "slice-09.dcm").write_bytes(data[:start] + bytes(len(data) - start))
    message = refusal(tmp_path)
    assert "cannot be decoded: at -786.5 mm" in message


def test_a_report_among_the_images_is_passed_over(crop, tmp_path):
    write_series(tmp_path, crop)
    head = (tmp_path / "4-000.dcm").read_bytes()[:400]
    ct_class = b"1.2.840.10008.5.1.4.1.1.2"
    assert ct_class in head
    report = head.replace(ct_class, ct_class[:-1] + b"88.11"[:1])
    (tmp_path / "report.dcm").write_bytes(report)
    np.testing.assert_array_equal(read_volume(tmp_path).hu, crop)


def test_a_gantry_tilt_is_rectified_and_reported_by_its_angle(crop, tmp_path):
    angle = np.radians(15.0)
    rows = f"1\\0\\0\\0\\{np.cos(angle):.8f}\\{-np.sin(angle):.8f}"
    write_series(tmp_path, crop, orientation=rows)
    volume = read_volume(tmp_path)
    assert volume.resampled and volume.grid.is_upright()
    assert "tilted by 15.0°" in volume.notes[0]
    # The centre voxel of the fourth slice lies at the world point that its header gives.
    j, i = 16, 20
    point = np.array([-30 + 0.8 * i, -40 + 0.7 * j * np.cos(angle), 26 - 0.7 * j * np.sin(angle)])
    x, y, z = np.rint(volume.axial_grid.to_ijk(point)).astype(int)
    nearby = crop[2:5, j - 2 : j + 3, i - 2 : i + 3]
    assert nearby.min() <= volume.hu[z, y, x] <= nearby.max()


def test_an_oblique_stack_is_resampled_and_reported(crop, tmp_path):
    angle = np.radians(10.0)
    normal = np.array([0, np.sin(angle), np.cos(angle)])
    places = [tuple(np.array([-30.0, -40.0, 20.0]) + 2 * k * normal) for k in range(8)]
    rows = f"1\\0\\0\\0\\{np.cos(angle):.8f}\\{-np.sin(angle):.8f}"
    write_series(tmp_path, crop, orientation=rows, positions=places)
    volume = read_volume(tmp_path)
    assert volume.resampled and not volume.grid.is_upright()
    assert volume.grid.shape == crop.shape
    assert "tilted by 10.0°" in volume.notes[0]
