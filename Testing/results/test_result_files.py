"""The files of a result: their contents, and what happens when they cannot be written."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from made_results import made_box, made_case, made_grid, made_hu, made_result

from GastricDiffLib.ct import CTVolume, Grid
from GastricDiffLib.ct.axial import input_hu, to_axial
from GastricDiffLib.errors import InputError
from GastricDiffLib.results.files import RESULT_FILES, prepare_output, write_results


@pytest.fixture(scope="module")
def case():
    return made_case()


def note_scene(path, volume, boxes, result, heat):
    Path(path).write_text(f"scene of {len(boxes)} boxes")
    Path(heat).write_text("heat")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_all_five_files_are_written_and_nothing_else(case, tmp_path):
    paths = write_results(tmp_path / "new" / "out", *case, write_scene=note_scene)
    assert names(tmp_path / "new" / "out") == sorted(RESULT_FILES)
    assert [path.name for path in paths] == list(RESULT_FILES)


def test_slices_csv_has_one_row_a_slice(case, tmp_path):
    write_results(tmp_path, *case)
    with open(tmp_path / "slices.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["slice", "position_mm", "in_roi", "p_differentiated", "vote"]
    result = case[2]
    assert [int(row["slice"]) for row in rows] == result.slice_index.tolist()
    assert [float(row["position_mm"]) for row in rows] == result.position_mm.tolist()
    assert [float(row["p_differentiated"]) for row in rows] == pytest.approx(result.p, abs=1e-6)
    assert [row["in_roi"] for row in rows] == ["1"] * 5
    assert [row["vote"] for row in rows] == ["undifferentiated"] * 2 + ["differentiated"] * 3


def test_case_json_tells_vote_counts_model_and_research_use(case, tmp_path):
    write_results(tmp_path, *case)
    fields = json.loads((tmp_path / "case.json").read_text())
    expected = {
        "vote": "differentiated",
        "p_mean": 0.55,
        "votes_differentiated": 3,
        "votes_undifferentiated": 2,
        "threshold": 0.5,
        "model": "phantoms only",
        "model_sha256": "0f" * 32,
        "device": "cpu",
        "seconds": 1.5,
        "heat": "attention",
        "notes": [],
        "format_version": 1,
    }
    assert {key: fields[key] for key in expected} == expected
    assert "Research use only" in fields["research_use"]


def test_another_pair_of_classes_names_the_columns_and_counts(case, tmp_path):
    volume, boxes, result = case
    write_results(tmp_path, volume, boxes, replace(result, classes=("benign", "malignant")))
    assert "p_malignant" in (tmp_path / "slices.csv").read_text().splitlines()[0]
    assert json.loads((tmp_path / "case.json").read_text())["votes_malignant"] == 3


def test_heat_nrrd_lies_on_the_inputs_grid(case, tmp_path):
    write_results(tmp_path, *case)
    image = sitk.ReadImage(str(tmp_path / "heat.nrrd"))
    assert image.GetPixelID() == sitk.sitkFloat32
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), case[2].heat)
    np.testing.assert_allclose(Grid.from_sitk(image).ijk_to_lps, case[0].grid.ijk_to_lps)


def test_earlier_results_are_replaced_and_other_files_stay(case, tmp_path):
    volume, boxes, result = case
    (tmp_path / "notes.txt").write_text("mine")
    write_results(tmp_path, volume, boxes, result, note_scene)
    write_results(tmp_path, volume, boxes, replace(result, p=np.full(5, 0.1)), note_scene)
    assert json.loads((tmp_path / "case.json").read_text())["vote"] == "undifferentiated"
    assert names(tmp_path) == sorted([*RESULT_FILES, "notes.txt"])
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_without_a_scene_the_scene_of_an_earlier_result_goes(case, tmp_path):
    write_results(tmp_path, *case, write_scene=note_scene)
    paths = write_results(tmp_path, *case)
    assert "scene.mrb" not in names(tmp_path)
    assert "scene.mrb" not in [path.name for path in paths]


def test_a_failure_on_the_way_leaves_earlier_results_as_they_were(case, tmp_path):
    volume, boxes, result = case
    write_results(tmp_path, volume, boxes, result, note_scene)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full_disk(path, *_):
        Path(path).write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match="No space left"):
        write_results(tmp_path, volume, boxes, replace(result, p=np.full(5, 0.1)), full_disk)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_failure_on_the_way_takes_a_new_folder_away_again(case, tmp_path):
    def refuse(*_):
        raise InputError("no")

    with pytest.raises(InputError):
        write_results(tmp_path / "a" / "b", *case, write_scene=refuse)
    assert names(tmp_path) == []


@pytest.mark.parametrize("place", ["file", "file/out", "file/a/b"])
def test_a_file_in_the_way_of_the_output_is_named(case, tmp_path, place):
    (tmp_path / "file").write_text("in the way")
    for write in (prepare_output, lambda out: write_results(out, *case)):
        with pytest.raises(InputError, match=r"a file stands where.*file"):
            write(tmp_path / place)
    assert (tmp_path / "file").read_text() == "in the way"


def test_a_folder_named_like_a_result_is_named(tmp_path):
    (tmp_path / "case.json").mkdir()
    with pytest.raises(InputError, match=r"a folder stands.*case\.json"):
        prepare_output(tmp_path)


@pytest.mark.skipif(
    os.name == "nt" or getattr(os, "geteuid", lambda: 0)() == 0,
    reason="permissions do not bind this user",
)
def test_a_folder_without_write_permission_is_refused(tmp_path):
    tmp_path.chmod(0o555)
    try:
        for place in (tmp_path, tmp_path / "new"):
            with pytest.raises(InputError, match="cannot be written"):
                prepare_output(place)
    finally:
        tmp_path.chmod(0o755)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no folder that even root cannot write")
def test_a_folder_that_nobody_can_write_is_refused():
    with pytest.raises(InputError, match="cannot be written: /proc/self/out"):
        prepare_output("/proc/self/out")


def test_preparing_leaves_no_trace(tmp_path):
    prepare_output(tmp_path / "a" / "b")
    prepare_output(tmp_path)
    assert names(tmp_path) == []


def test_no_file_tells_where_it_was_made(case, tmp_path):
    folder = tmp_path / "Doe^Jane 1950-01-02"
    write_results(folder, *case)
    for path in folder.iterdir():
        data = path.read_bytes()
        for word in (b"Doe", b"1950", str(tmp_path).encode(), str(Path.home()).encode()):
            assert word not in data, path.name


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, 1, -1)])
def test_arrays_go_to_axial_order_and_back_for_any_order_and_direction_of_axes(order, signs):
    directions = np.eye(3)[:, order] * signs
    hu = made_hu()
    grid = Grid.from_axes(hu.shape, directions, (1.0, 2.0, 3.0), (0, 0, 0))
    volume = CTVolume.from_array(hu, grid.ijk_to_lps)
    np.testing.assert_array_equal(to_axial(hu, volume), volume.hu)
    np.testing.assert_array_equal(input_hu(volume), hu)
    assert np.shares_memory(input_hu(volume), hu)
    heat = np.random.default_rng(0).random(volume.hu.shape, dtype=np.float32)
    np.testing.assert_array_equal(to_axial(volume.to_input_grid(heat), volume), heat)


def test_the_heat_of_a_tilted_ct_is_found_again_in_axial_order():
    grid = made_grid()
    turn = np.eye(4)
    turn[1:3, 1:3] = [[np.cos(0.2), -np.sin(0.2)], [np.sin(0.2), np.cos(0.2)]]
    volume = CTVolume.from_array(made_hu(), turn @ grid.ijk_to_lps)
    box = made_box(volume.axial_grid)
    heat = to_axial(made_result(volume, [box]).heat, volume)
    assert heat.shape == volume.hu.shape
    hottest = np.array(np.unravel_index(heat.argmax(), heat.shape)[::-1], dtype=float)
    assert np.linalg.norm(volume.axial_grid.to_lps(hottest) - box.center_lps) < 4
