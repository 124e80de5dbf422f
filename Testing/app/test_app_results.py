"""A result read back, from its files and from a scene, and a model's card without torch."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_results import made_case, made_result

from GastricDiffLib.ct.axial import input_hu
from GastricDiffLib.errors import InputError
from GastricDiffLib.inference.metadata import read_metadata
from GastricDiffLib.resources import demo_model
from GastricDiffLib.results.files import CASE, HEAT, read_results, write_results
from GastricDiffLib.scene import (
    add_roi,
    add_volume,
    load_scene,
    new_scene,
    result_from_nodes,
    save_scene,
    show_result,
)


def _same(read, result):
    assert np.allclose(read.p, result.p, atol=1e-6)
    assert (read.slice_votes == result.slice_votes).all()
    assert (read.slice_index == result.slice_index).all()
    assert np.allclose(read.position_mm, result.position_mm)
    assert (read.in_roi == result.in_roi).all()
    assert read.vote == result.vote
    assert read.classes == result.classes
    assert np.array_equal(read.heat, result.heat)
    assert np.allclose(read.grid.ijk_to_lps, result.grid.ijk_to_lps)
    assert read.notes == result.notes
    assert (read.model.name, read.model.sha256) == (result.model.name, result.model.sha256)


def test_a_result_comes_back_from_its_brief_files(tmp_path):
    volume, boxes, result = made_case()
    result = replace(result, notes=("first", "second"))
    paths = write_results(tmp_path / "out", volume, boxes, result, brief=True)
    assert [path.name for path in paths] == ["slices.csv", "case.json", "heat.nrrd"]
    _same(read_results(tmp_path / "out"), result)


def test_a_probability_that_rounds_over_the_threshold_keeps_its_vote(tmp_path):
    volume, boxes, result = made_case()
    p = np.full(len(result.p), 0.4999999, dtype=np.float32)
    result = made_result(volume, boxes, p=p)
    write_results(tmp_path, volume, boxes, result, brief=True)
    assert "0.5," in (tmp_path / "slices.csv").read_text()
    assert read_results(tmp_path).votes_positive == 0


@pytest.mark.parametrize("name", [CASE, HEAT, "slices.csv"])
def test_a_missing_or_damaged_result_file_is_reported(tmp_path, name):
    volume, boxes, result = made_case()
    write_results(tmp_path, volume, boxes, result, brief=True)
    (tmp_path / name).write_text("{")
    with pytest.raises(InputError, match="classify again"):
        read_results(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(InputError, match="classify again"):
        read_results(tmp_path)


def test_a_result_comes_back_from_a_scene_saved_and_opened_again(tmp_path):
    volume, boxes, result = made_case()
    scene = new_scene()
    volume_node = add_volume(scene, input_hu(volume), volume.grid)
    assert result_from_nodes(volume_node) is None
    show_result(scene, volume_node, add_roi(scene, boxes[0]), result)
    save_scene(scene, tmp_path / "scene.mrb")
    again = load_scene(tmp_path / "scene.mrb")
    _same(result_from_nodes(again.GetFirstNodeByName("CT")), result)


def test_a_model_card_is_read_without_torch():
    code = (
        "import sys; from GastricDiffLib.inference.metadata import read_metadata;"
        f"print(read_metadata({str(demo_model())!r})['system']);"
        "assert not {'torch', 'safetensors', 'sklearn', 'matplotlib'} & set(sys.modules)"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "r50-imp-dpn-tad"


def test_a_model_cut_short_by_a_byte_is_not_whole(tmp_path):
    content = demo_model().read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(content[:-1])
    with pytest.raises(InputError, match="not a whole"):
        read_metadata(tmp_path / "cut.safetensors")
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    assert read_metadata(demo_model()) == json.loads(header["__metadata__"]["gastricdiff"])
