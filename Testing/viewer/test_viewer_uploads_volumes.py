"""Volume files made to read other files, or more memory than there is."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
import SimpleITK as sitk
from made_results import made_grid, made_hu
from uploads import ct_file, nifti, nrrd, received, refusal, zipped

from GastricDiffLib.ct.io.writing import write_nrrd

SIZES = "type: short\ndimension: 3\nsizes: 56 40 12\nendian: little\nencoding: "


@pytest.fixture
def secret(tmp_path):
    """A file of this machine that holds just as many voxels as the headers ask for."""
    path = tmp_path / "secret.raw"
    path.write_bytes(made_hu().tobytes())
    return path


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "field", ["data file: {}", "datafile: {}", "DATA FILE: {}", "data file: LIST\n{}"]
)
def test_an_nrrd_whose_data_are_elsewhere_is_refused(field, end, secret, tmp_path):
    for path in (secret, "../../secret.raw", "secret.raw", "IM%03d.raw 1 9 1"):
        text = nrrd(f"{SIZES}raw\n{field.format(path)}").decode().replace("\n", end)
        message = refusal(tmp_path, {"ct.nrrd": text.encode()})
        assert "keeps its voxels in another file: the upload (save it as one .nrrd" in message


def test_so_it_is_with_its_data_beside_it_in_the_zip(secret, tmp_path):
    header = nrrd(f"{SIZES}raw\ndata file: ct.raw")
    files = {"ct/ct.nhdr": header, "ct/ct.raw": secret.read_bytes()}
    assert "another file" in refusal(tmp_path, {"x.zip": zipped(files)})


def test_the_same_words_in_an_nrrds_comment_or_value_do_no_harm(tmp_path):
    plain = f"{SIZES}raw\n# data file: none\ncontent: data file: x\ndata file:=none"
    data = nrrd(plain, made_hu().tobytes())
    assert received(tmp_path, {"ct.nrrd": data}).kind == "ct"


def test_a_metaimage_whose_data_are_elsewhere_is_refused(secret, tmp_path):
    whole = ct_file(tmp_path / "ct.mha", ".mha")
    for place in (secret, "../secret.raw", "LIST", "IM%03d.raw 1 9 1"):
        hostile = whole.replace(b"= LOCAL", b"= " + str(place).encode())
        assert "save it as one .mha" in refusal(tmp_path, {"ct.mha": hostile})


@pytest.mark.parametrize(
    "before",
    [
        "Comment\n",  # a name without value: the reader takes it from the next line
        "Comment = ElementDataFile = LOCAL\n",
        "Comment = ElementDataFile = LOCAL\rx\n",
        "Comment = " + "x" * 600 + "\n",
    ],
)
def test_a_metaimage_that_hides_its_last_field_is_refused(before, secret, tmp_path):
    whole = ct_file(tmp_path / "ct.mha", ".mha")
    last = b"ElementDataFile = LOCAL\n"
    hostile = whole.replace(last, before.encode() + last)
    hostile += f"\nElementDataFile = {secret}\n".encode()
    assert "not a readable MetaImage" in refusal(tmp_path, {"ct.mha": hostile})


def test_one_half_of_a_nifti_pair_is_refused(tmp_path):
    assert ".hdr and .img" in refusal(tmp_path, {"x.hdr": nifti([9, 9, 9], magic=b"ni1\0")})
    assert ".hdr and .img" in refusal(tmp_path, {"x.hdr": nifti([9, 9, 9], magic=bytes(4))})


HUGE = "type: short\ndimension: 3\nsizes: 10000 10000 10000\nendian: little\nencoding: "


@pytest.mark.parametrize(
    "data",
    [
        nrrd(f"{HUGE}raw", bytes(99)),
        nrrd(f"{HUGE}gzip", gzip.compress(bytes(99))),
        nrrd(HUGE.replace("10000 10000 10000", "999999999999 999999999999 2") + "raw"),
        nifti([30000, 30000, 30000]),
        gzip.compress(nifti([30000, 30000, 30000])),
        b"ObjectType = Image\nNDims = 3\nDimSize = 10000 10000 10000\n"
        b"ElementType = MET_SHORT\nElementDataFile = LOCAL\n" + bytes(99),
    ],
)
def test_a_header_of_a_million_million_voxels_is_refused_unread(data, tmp_path):
    message = refusal(tmp_path, {"huge": data})
    assert "the volume is too large" in message and "at most 5.37e+08" in message


@pytest.mark.parametrize(
    "data",
    [
        nrrd(f"{SIZES}raw", bytes(9999)),
        nrrd(f"{SIZES.replace('12', '9999')}gzip", gzip.compress(bytes(99))),
        nifti([400, 400, 300], data=9999),
        gzip.compress(nifti([400, 400, 300], data=9999)),
        b"NDims = 3\nDimSize = 500 500 300\nElementType = MET_DOUBLE\n"
        b"CompressedData = True\nElementDataFile = LOCAL\n" + bytes(99),
    ],
)
def test_a_header_that_promises_more_than_its_file_can_hold_is_refused(data, tmp_path):
    assert "more voxels than the file can hold" in refusal(tmp_path, {"short": data})


def test_dicom_of_too_many_voxels_is_refused_unread(tmp_path):
    from dicom_files import write_series

    write_series(tmp_path / "d", made_hu())
    files = {path.name: path for path in (tmp_path / "d").iterdir()}
    assert "2.69e+04 voxels in series 4" in refusal(tmp_path, files, voxels=20_000)


def test_a_packed_nifti_that_goes_on_forever_is_refused(tmp_path):
    endless = gzip.compress(nifti([56, 40, 12], data=8 << 20), 1)
    assert "unpacks to too much" in refusal(tmp_path, {"ct.nii.gz": endless}, unpacked=1 << 20)


@pytest.mark.parametrize(
    "data",
    [
        nrrd("dimension: 3"),
        nrrd(f"{SIZES}bzip2", bytes(999)),
        nrrd("type: block\nblock size: 99\nsizes: 9 9 9\nencoding: raw"),
        nrrd("type: short\nsizes: 9 -9 9\nencoding: raw"),
        b"NRRD0004\n" + b"x: y\n" * 300_000,
        nifti([56, 40, 12], bits=0, data=99),
        nifti([0, 5, 5]),
        b"NDims = 99\nDimSize = 9 9\nElementDataFile = LOCAL\n",
        b"NDims = 3\nDimSize = 9 9\nElementDataFile = LOCAL\n",
        b"NDims = 3\nDimSize = 9 9 9\n",
        gzip.compress(nifti([56, 40, 12], data=99999))[:-40],
    ],
)
def test_a_nonsense_header_is_refused(data, tmp_path):
    message = refusal(tmp_path, {"nonsense": data})
    assert "not a readable" in message or "is not raw or gzip" in message or "damaged or" in message


def test_what_itk_adds_to_a_metaimage_does_not_stop_it(tmp_path):
    write_nrrd(tmp_path / "ct.nrrd", made_hu(), made_grid())
    image = sitk.ReadImage(str(tmp_path / "ct.nrrd"))
    image.SetMetaData("0008|0060", "CT")
    image.SetMetaData("Comment", "Doe^Jane, 12:30")
    sitk.WriteImage(image, str(tmp_path / "ct.mha"), useCompression=True)
    assert b"12:30" in (tmp_path / "ct.mha").read_bytes()
    result = received(tmp_path, {"a": tmp_path / "ct.mha"})
    np.testing.assert_array_equal(
        sitk.GetArrayFromImage(sitk.ReadImage(str(result.files[0]))), made_hu()
    )
