"""Hostile zips: each refused with its own line, and nothing ever outside of its folder."""

from __future__ import annotations

import stat
import struct
import zipfile

import pytest
from dicom_files import write_series
from made_results import made_hu
from uploads import ct_file, folder_zipped, received, refusal, uploaded, zipped

from GastricDiffLib.errors import InputError
from GastricDiffLib.viewer.uploads import receive_upload, write_upload


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("/etc/evil", "absolute name"),
        ("C:/evil", "names a drive"),
        ("c:evil", "names a drive"),
        ("../evil", "leaves its folder"),
        ("a/../../evil", "leaves its folder"),
        ("a\\..\\evil", "backslash"),
        ("\\\\host\\share", "backslash"),
        ("a/NUL.dcm", "like a device"),
        ("com1 .txt", "like a device"),
        ("CONOUT$", "like a device"),
        ("good\0evil", "unprintable name"),
        ("a\x1b[2Jevil", "unprintable name"),
    ],
)
def test_an_entry_with_such_a_name_is_refused(name, words, tmp_path):
    message = refusal(tmp_path, {"x.zip": zipped({"ct.nrrd": b"NRRD", name: b"evil"})})
    assert words in message and "entry 2" in message
    assert "evil" not in message
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["0001", "upload", "upload.json"]


def test_links_devices_and_strange_packing_are_refused(tmp_path):
    for mode, words in ((stat.S_IFLNK, "a link"), (stat.S_IFCHR, "a device")):
        hostile = zipped({"a": b"/etc/passwd"}, external_attr=(mode | 0o777) << 16)
        assert words in refusal(tmp_path, {"x.zip": hostile})
    strange = zipped({"a": b"a" * 99}, compress_type=zipfile.ZIP_LZMA)
    assert "unusual way" in refusal(tmp_path, {"x.zip": strange})


def test_an_encrypted_archive_is_refused(tmp_path):
    data = bytearray(zipped({"a": b"text"}))
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(signature) + flags] |= 1
    assert "encrypted" in refusal(tmp_path, {"x.zip": bytes(data)})


def test_two_entries_that_some_disk_takes_for_one_are_refused(tmp_path):
    twice = zipped([("a/IM1", b"x"), ("A/im1", b"y")])
    assert "two files of one name" in refusal(tmp_path, {"x.zip": twice})


@pytest.mark.parametrize("inner", [zipped({"a": b"x"}), b"Rar!\x1a\x07\0", b"7z\xbc\xaf\x27\x1c"])
def test_an_archive_in_the_archive_is_refused(inner, tmp_path):
    message = refusal(tmp_path, {"x.zip": zipped({"IM0001": inner})})
    assert "an archive in the archive: entry 1" in message


def test_a_bomb_is_refused_by_the_usual_limits_before_it_is_unpacked(tmp_path):
    zeros = zipped({"IM0001": bytes(96 << 20)})
    assert len(zeros) < 100_000
    assert "more than 200 times its own size" in refusal(tmp_path, {"x.zip": zeros})


def test_a_bomb_whose_records_lie_yields_no_more_than_they_say(tmp_path):
    data = zipped({"IM0001": b"NRRD0004" + bytes(4 << 20)})
    stated = struct.pack("<I", 8 + (4 << 20))
    assert data.count(stated) == 2
    small = data.replace(stated, struct.pack("<I", 2000))
    assert "damaged or truncated" in refusal(tmp_path, {"x.zip": small})


def test_archives_together_unpack_to_no_more_than_the_bound(tmp_path):
    one = zipped({"a": bytes(1 << 20)})
    files = {f"{n}.zip": one for n in range(3)}
    assert "more than 2.5 MiB" in refusal(tmp_path, files, unpacked=(5 << 20) // 2)


def test_too_many_files_are_refused(tmp_path):
    many = zipped({f"IM{n}": b"" for n in range(30)})
    assert "too many files" in refusal(tmp_path, {"x.zip": many}, files=29)
    loose = {f"IM{n}": b"text" for n in range(30)}
    assert "too many files" in refusal(tmp_path, loose, files=29)
    assert "too many files" in refusal(
        tmp_path, {"x.zip": zipped({f"{n}": b"" for n in range(5001)})}
    )


def test_a_list_of_entries_that_would_fill_the_memory_is_not_read(tmp_path):
    data = bytearray(zipped({"a": b"text"}))
    struct.pack_into("<I", data, data.rindex(b"PK\5\6") + 12, 1 << 30)
    assert "too many files in the archive" in refusal(tmp_path, {"x.zip": bytes(data)})
    end = data.rindex(b"PK\5\6")
    zip64 = b"PK\6\6" + bytes(36) + struct.pack("<QQ", 1 << 30, 0) + b"PK\6\7" + bytes(16)
    assert "too many files in the archive" in refusal(
        tmp_path, {"x.zip": bytes(data[:end]) + zip64 + bytes(data[end:])}
    )


def test_an_upload_of_2_gib_is_refused(tmp_path):
    huge = tmp_path / "huge.nrrd"
    with huge.open("wb") as file:
        file.truncate(2 << 30)
    folder = uploaded(tmp_path / "upload", {})
    huge.rename(write_upload(folder, ["huge.nrrd"])[0])
    with pytest.raises(InputError, match="too large: more than 2 GiB"):
        receive_upload(folder, tmp_path / "out")


@pytest.mark.parametrize("part", [0.3, 0.7, 0.99])
def test_a_truncated_archive_is_refused(part, tmp_path):
    data = zipped({"ct.nrrd": ct_file(tmp_path / "ct.nrrd")})
    assert "damaged or truncated" in refusal(tmp_path, {"x.zip": data[: int(len(data) * part)]})


def test_an_archive_with_damaged_content_is_refused(tmp_path):
    data = bytearray(zipped({"ct.nrrd": ct_file(tmp_path / "ct.nrrd")}))
    data[2000:2400] = bytes(400)
    assert "damaged or truncated: at entry 1" in refusal(tmp_path, {"x.zip": bytes(data)})


def test_folders_spaces_and_other_systems_leavings_do_no_harm(tmp_path):
    data = ct_file(tmp_path / "ct.nrrd")
    files = {
        "DOE JANE. /Série 1: arterial/ct file.nrrd": data,
        "__MACOSX/._ct file.nrrd": b"\0\5\x16\7" + bytes(80),
        "folder/": b"",
        "Thumbs.db": b"\xd0\xcf\x11\xe0",
    }
    result = received(tmp_path, {"x.zip": zipped(files)})
    assert result.kind == "ct"
    assert result.notes == ("2 files that are no part of a CT left out",)


def test_two_zips_of_one_series_are_one_ct(tmp_path):
    for half, places in (("a", range(6)), ("b", range(6, 12))):
        hu = made_hu()[places[0] : places[-1] + 1]
        write_series(tmp_path / half, hu, positions=[2.0 * k for k in places])
    files = {f"{half}.zip": folder_zipped(tmp_path / half) for half in "ab"}
    assert received(tmp_path, files).kind == "ct"
