"""Headers of DICOM files in all the ways that they are encoded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicom_files import write_series
from pydicom.uid import DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian

from GastricDiffLib.ct import read_volume
from GastricDiffLib.errors import InputError


@pytest.fixture
def hu() -> np.ndarray:
    return np.random.default_rng(4).integers(-1000, 900, (5, 300, 280), dtype=np.int16)


def change(folder: Path, edit, **saving) -> None:
    """Apply ``edit`` to each file of the folder."""
    for path in folder.iterdir():
        dataset = pydicom.dcmread(path)
        edit(dataset)
        dataset.save_as(path, **saving)


def listing(folder: Path) -> str:
    """How a message lists the series of the folder."""
    with pytest.raises(InputError) as caught:
        read_volume(folder, "none of this name")
    return str(caught.value)


@pytest.mark.parametrize(
    ("named", "text"),
    [
        ("ISO_IR 144", "фаза"),
        ("ISO_IR 100", "Späte"),
        ("ISO_IR 192", "晚期"),
        ("ISO_IR 9", "Späte"),
    ],
)
@pytest.mark.filterwarnings("ignore:Unknown encoding")
def test_a_description_is_shown_in_the_character_set_that_the_file_names(
    hu, tmp_path, recwarn, named, text
):
    def describe(dataset):
        dataset.SpecificCharacterSet, dataset.SeriesDescription = named, text

    write_series(tmp_path, hu)
    change(tmp_path, describe)
    recwarn.clear()
    assert f"series 4 '{text}' (CT, 5 slices)" in listing(tmp_path)
    assert not recwarn.list


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_other_transfer_syntaxes_are_read(hu, tmp_path, syntax):
    def encode(dataset):
        dataset.file_meta.TransferSyntaxUID = syntax

    write_series(tmp_path, hu)
    change(tmp_path, encode)
    np.testing.assert_array_equal(read_volume(tmp_path).hu, hu)


def test_a_header_of_many_kilobytes_is_read_whole(hu, tmp_path):
    def lengthen(dataset):
        block = dataset.private_block(0x0029, "A VENDOR", create=True)
        block.add_new(1, "OB", bytes(100_000))

    write_series(tmp_path, hu)
    change(tmp_path, lengthen)
    volume = read_volume(tmp_path)
    np.testing.assert_array_equal(volume.hu, hu)
    assert volume.spacing_mm == (2.0, 0.7, 0.8)


def test_files_of_before_1993_without_a_preamble_are_read(hu, tmp_path):
    write_series(tmp_path, hu)
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[132:])
    np.testing.assert_array_equal(read_volume(tmp_path).hu, hu)


@pytest.mark.parametrize("missing", [1, 1000, 160_000])
def test_pixels_that_end_too_early_are_seen_before_any_is_read(hu, tmp_path, missing):
    write_series(tmp_path, hu)
    path = tmp_path / "4-002.dcm"
    path.write_bytes(path.read_bytes()[:-missing])
    with pytest.raises(InputError, match="damaged or truncated DICOM images: 1 of 5"):
        read_volume(tmp_path)
