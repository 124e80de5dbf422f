"""One classification: the job, its outcomes, and what it leaves."""

from __future__ import annotations

import time

import numpy as np
import pytest
from desktop_scenes import case_scene, nodes, turn

from GastricDiffLib.app.classify import ClassifyLogic, ClassifyRequest, write_ct
from GastricDiffLib.phantom import make_case
from GastricDiffLib.resources import demo_model
from GastricDiffLib.scene import add_roi, add_volume, find_results, new_scene, volume_from_node
from GastricDiffLib.scene.layout import add_views


@pytest.fixture
def case():
    return case_scene()


@pytest.fixture(scope="module")
def phantom():
    return make_case(1, 900_001, coarsen=2.0)


@pytest.fixture
def phantom_case(phantom):
    scene = new_scene()
    add_views(scene)
    node = add_volume(scene, phantom.volume, phantom.grid, "Phantom")
    return scene, node, add_roi(scene, phantom.roi)


def _ended(logic: ClassifyLogic):
    """Poll until the end, as the panel's timer does."""
    limit = time.monotonic() + 600
    while time.monotonic() < limit:
        outcome = logic.poll()
        if outcome is not None:
            return outcome
        time.sleep(0.02)
    raise AssertionError("the job did not end")


def test_a_classification_leaves_its_result_and_no_file(phantom_case, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    scene, ct, roi = phantom_case
    logic = ClassifyLogic()
    logic.start(ClassifyRequest(scene, ct, roi, device="cpu", heat="cam"))
    folder = next(tmp_path.iterdir())
    assert folder.stat().st_mode & 0o077 == 0
    roi.SetCenter(np.add(roi.GetCenter(), 3).tolist())
    outcome = _ended(logic)
    assert outcome.done, outcome.message
    assert "box was changed meanwhile" in outcome.message
    assert find_results(ct).heat.GetImageData().GetScalarRange()[1] > 0
    assert not any(tmp_path.iterdir())
    assert not logic.running


def test_a_cancelled_classification_leaves_the_scene_alone(phantom_case):
    scene, ct, roi = phantom_case
    nodes = scene.GetNumberOfNodes()
    logic = ClassifyLogic()
    logic.start(ClassifyRequest(scene, ct, roi, device="cpu"))
    logic.cancel()
    outcome = _ended(logic)
    assert outcome.message == "Cancelled."
    assert scene.GetNumberOfNodes() == nodes


def test_a_scene_closed_when_the_result_is_ready_gets_no_node(phantom_case):
    scene, ct, roi = phantom_case
    logic = ClassifyLogic()
    logic.start(ClassifyRequest(scene, ct, roi, device="cpu"))
    logic.runner.job.wait(600)
    scene.Clear(False)
    assert "was removed" in _ended(logic).message
    assert not any(node.GetAttribute("GastricDiff.Kind") for node in nodes(scene))


def test_a_model_removed_after_the_start_is_reported(phantom_case, tmp_path):
    scene, ct, roi = phantom_case
    model = tmp_path / "model.safetensors"
    model.write_bytes(demo_model().read_bytes())
    logic = ClassifyLogic()
    logic.start(ClassifyRequest(scene, ct, roi, str(model), "cpu"))
    model.unlink()
    outcome = _ended(logic)
    assert outcome.is_error
    assert "no such model file" in outcome.message


def test_what_is_written_for_the_process_is_where_the_node_stands(case, tmp_path):
    from GastricDiffLib.ct import read_volume

    _, ct, _ = case
    turn(ct, 12)
    write_ct(tmp_path / "ct.nrrd", ct)
    written, here = read_volume(tmp_path / "ct.nrrd"), volume_from_node(ct)
    assert np.allclose(written.grid.ijk_to_lps, here.grid.ijk_to_lps)
    assert np.array_equal(written.hu, here.hu)
