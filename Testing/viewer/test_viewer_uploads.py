"""Uploads that the viewer takes in, and what is left of them afterwards."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import slicer
from dicom_files import write_series
from made_results import made_box, made_grid, made_hu
from uploads import ct_file, folder_zipped, received, refusal, uploaded, zipped

from GastricDiffLib.ct import Grid, read_roi, read_volume
from GastricDiffLib.ct.io.markups import write_roi
from GastricDiffLib.ct.io.writing import write_nrrd
from GastricDiffLib.errors import Cancelled
from GastricDiffLib.viewer.uploads import receive_upload


def reported(out: Path) -> dict:
    return json.loads((out / "outcome.json").read_text())


def roi_file(path: Path, *boxes) -> bytes:
    write_roi(path, boxes or [made_box(made_grid(), name="Doe^Jane tumour")])
    return path.read_bytes()


def test_the_real_ct_zipped_is_taken_in_voxel_by_voxel(shared_data, tmp_path):
    series = shared_data / "abdomen-dicom"
    files = {
        "Doe^Jane.zip": folder_zipped(series, "CT/Doe^Jane/"),
        "her tumour.mrk.json": shared_data / "abdomen-roi.mrk.json",
    }
    result = received(tmp_path, files)
    assert result.kind == "ct+roi"
    assert {path.name for path in result.files} == {"ct.nrrd", "roi.mrk.json", "outcome.json"}
    given, written = read_volume(series), read_volume(tmp_path / "out" / "ct.nrrd")
    np.testing.assert_array_equal(written.hu, given.hu)
    np.testing.assert_allclose(written.grid.ijk_to_lps, given.grid.ijk_to_lps, atol=1e-6)
    boxes = [read_roi(path)[0] for path in (files["her tumour.mrk.json"], result.files[2])]
    np.testing.assert_allclose(boxes[0].corners_lps(), boxes[1].corners_lps())


@pytest.mark.parametrize("suffix", [".nrrd", ".nii", ".nii.gz", ".mha"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_volume_file_is_reported_by_its_content_alone(suffix, packed, tmp_path):
    data = ct_file(tmp_path / "ct.x", suffix, compressed=packed)
    files = {"holiday.jpg": zipped({"photo.png": data}) if packed else data}
    assert received(tmp_path, files).kind == "ct"
    np.testing.assert_array_equal(read_volume(tmp_path / "out" / "ct.nrrd").hu, made_hu())


def test_what_is_written_is_what_slicers_volume_reader_loads(tmp_path):
    grid = made_grid()
    turn = np.eye(4)
    turn[1:3, 1:3] = [[np.cos(0.2), -np.sin(0.2)], [np.sin(0.2), np.cos(0.2)]]
    tilted = Grid(grid.shape, turn @ grid.ijk_to_lps)
    write_nrrd(tmp_path / "tilted.nrrd", made_hu(), tilted)
    received(tmp_path, {"a": tmp_path / "tilted.nrrd"})
    scene = slicer.vtkMRMLScene()
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    storage = scene.AddNewNodeByClass("vtkMRMLVolumeArchetypeStorageNode")
    storage.SetFileName(str(tmp_path / "out" / "ct.nrrd"))
    assert storage.ReadData(node)
    np.testing.assert_array_equal(slicer.util.arrayFromVolume(node), made_hu())


def test_of_several_series_the_librarys_rule_chooses_and_says_so(tmp_path):
    hu = made_hu()
    write_series(tmp_path / "dicom" / "a", hu[:4], number=2)
    write_series(tmp_path / "dicom" / "b", hu, number="7")
    files = {f"{path.parent.name}{path.name}": path for path in (tmp_path / "dicom").rglob("*.dcm")}
    result = received(tmp_path, files | {"readme.txt": b"from the CD", "DICOMDIR": b"\0" * 200})
    assert result.notes == (
        "2 series in the folder: series 7 with 12 slices was read",
        "2 files that are no part of a CT left out",
    )
    assert reported(tmp_path / "out") == {"kind": "ct", "notes": list(result.notes)}
    np.testing.assert_array_equal(read_volume(tmp_path / "out" / "ct.nrrd").hu, hu)


def test_a_box_alone_is_taken_in_and_loses_its_name(tmp_path):
    boxes = [made_box(made_grid(), name="Doe"), made_box(made_grid(), size=(9.0, 9.0, 9.0))]
    result = received(tmp_path, {"x": roi_file(tmp_path / "roi.mrk.json", *boxes)})
    assert result.kind == "roi"
    assert [box.name for box in read_roi(tmp_path / "out" / "roi.mrk.json")] == ["ROI", "ROI 2"]
    assert result.notes == ("2 boxes in the ROI file are taken together",)


def test_nothing_of_names_headers_or_places_goes_along(tmp_path):
    planted = [b"Doe", b"Jane", b"9.8.7", b"ABDOMEN", b"secret", str(tmp_path).encode()]
    write_series(tmp_path / "d", made_hu(), number="Doe^Jane", description="ABDOMEN secret")
    write_series(tmp_path / "e", made_hu()[:5], number="3", description="secret")
    files = {f"Doe^Jane {n}.dcm": path for n, path in enumerate((tmp_path / "d").iterdir())}
    files |= {"e.zip": folder_zipped(tmp_path / "e", "Doe^Jane/secret/")}
    files |= {"Jane's secret.mrk.json": roi_file(tmp_path / "roi.mrk.json")}
    result = received(tmp_path, files)
    assert "2 series in the folder: the series without number with 12" in result.notes[0]
    for path in result.files:
        data = path.read_bytes()
        assert not [word for word in planted if word in data], path.name


def test_what_is_no_ct_ends_in_one_line(tmp_path):
    write_series(tmp_path / "mr", made_hu(), modality="MR")
    write_series(
        tmp_path / "gap", np.delete(made_hu(), 5, axis=0), positions=[*range(5), *range(6, 12)]
    )
    write_series(tmp_path / "cut", made_hu())
    first = min((tmp_path / "cut").iterdir())
    first.write_bytes(first.read_bytes()[:700])
    for files, words in (
        ({"x.nrrd": b""}, "an empty file"),
        ({"notes.dcm": b"some text\n"}, "that can be read: text"),
        ({"ct.nii": b"\xff\xd8\xff\xe0" + bytes(50)}, "a JPEG picture"),
        ({"ct.dcm": bytes(range(256))}, "of no known kind"),
        ({"scene.mrml": b"<MRML></MRML>"}, "a scene without its data"),
        ({"a.zip": zipped({"a.txt": b"text", "b.png": b"\x89PNG"})}, "a PNG picture, text"),
        ({"cfg.json": b'{"a": 1}'}, "no Slicer markups"),
        ({"r.json": b'{"markups": [{"type": "Fiducial"}]}'}, "holds 1 Fiducial: the ROI file"),
        ({"mr.zip": folder_zipped(tmp_path / "mr")}, "the modality is MR, not CT: the upload ("),
        ({"gap.zip": folder_zipped(tmp_path / "gap")}, "slice missing: between 4.0 and 6.0 mm"),
        ({"cut.zip": folder_zipped(tmp_path / "cut")}, "damaged or truncated DICOM images: 1 of"),
        ({"half.nrrd": ct_file(tmp_path / "c.nrrd")[:5000]}, "more voxels than the file can hold"),
        ({}, "the upload is empty"),
    ):
        assert words in refusal(tmp_path, files)


def test_more_than_one_thing_is_refused(tmp_path):
    ct, roi = ct_file(tmp_path / "ct.nrrd"), roi_file(tmp_path / "roi.mrk.json")
    write_series(tmp_path / "d", made_hu())
    assert "several CTs" in refusal(tmp_path, {"a.nrrd": ct, "b.nrrd": ct})
    both = refusal(tmp_path, {"a.nrrd": ct, "b.zip": folder_zipped(tmp_path / "d")})
    assert "12 DICOM files and 1 volume files" in both
    assert "several ROI files" in refusal(tmp_path, {"a.nrrd": ct, "b.json": roi, "c.json": roi})


def test_progress_goes_up_to_the_end_and_can_cancel(tmp_path):
    folder = uploaded(tmp_path / "upload", {"a": zipped({"ct": ct_file(tmp_path / "ct.nrrd")})})
    steps = []

    def cancel(done, total, message):
        steps.append((done, total, message))
        if message == "writing" and not (tmp_path / "again").exists():
            raise Cancelled

    with pytest.raises(Cancelled):
        receive_upload(folder, tmp_path / "out", progress=cancel)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ct.nrrd", "upload"]
    (tmp_path / "again").mkdir()
    steps.clear()
    receive_upload(folder, tmp_path / "out", progress=cancel)
    assert [step[0] for step in steps] == sorted(step[0] for step in steps)
    assert steps[0][2] == "unpacking" and steps[-1] == (100, 100, "done")
