"""Scene bundles: what is taken over from them, and what they may not refer to."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
import slicer
import vtk
from made_results import made_box, made_case, made_grid, made_hu
from uploads import nrrd, received, refusal, zipped

from GastricDiffLib.scene import (
    add_roi,
    add_volume,
    find_results,
    load_scene,
    new_scene,
    result_from_nodes,
    roi_from_node,
    save_scene,
    volume_from_node,
    write_scene,
)


@pytest.fixture(scope="module")
def parts(tmp_path_factory) -> dict[str, bytes]:
    """The entries of a scene with CT, box and result."""
    path = tmp_path_factory.mktemp("scene") / "given.mrb"
    write_scene(path, *made_case())
    return unpacked(path)


def unpacked(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist() if name[-1] != "/"}


def edited(parts: dict[str, bytes], old: str, new: str, **more: bytes) -> dict[str, bytes]:
    """A bundle whose MRML has ``new`` in place of ``old``, with further files."""
    mrml = parts["given/given.mrml"].decode()
    assert old in mrml
    changed = {"given/given.mrml": mrml.replace(old, new).encode()}
    return {"given.mrb": zipped(parts | changed | more)}


def named(scene, name):
    node = scene.GetFirstNodeByName(name)
    assert node is not None, f"no node named {name}"
    return node


def test_a_scene_of_our_own_comes_back_whole(parts, tmp_path):
    result = received(tmp_path, {"x": zipped(parts)})
    assert (result.kind, result.notes) == ("scene", ())
    scene = load_scene(tmp_path / "out" / "scene.mrb")
    ct = named(scene, "CT")
    np.testing.assert_array_equal(slicer.util.arrayFromVolume(ct), made_hu())
    given = made_case()[2]
    again = result_from_nodes(ct)
    np.testing.assert_allclose(again.p, given.p, atol=1e-6)
    np.testing.assert_allclose(again.heat, given.heat)
    assert again.vote == given.vote
    assert find_results(ct).heat.GetNodeReference("GastricDiff.ROI") is named(scene, "ROI")


def test_a_strangers_scene_loses_names_and_all_that_is_no_ct_box_or_result(tmp_path):
    scene, grid = new_scene(), made_grid()
    moved = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "Doe^Jane 1950")
    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(2, 3, 10.0)
    moved.SetMatrixTransformToParent(matrix)
    for node in (
        add_volume(scene, made_hu(), grid, "Doe^Jane 1950"),
        add_roi(scene, made_box(grid, name="Doe^Jane"), "Doe^Jane"),
    ):
        node.SetAndObserveTransformNodeID(moved.GetID())
        node.SetDescription("Doe^Jane")
        node.SetAttribute("DICOM.instanceUIDs", "9.8.7.6")
    add_volume(scene, np.zeros((3, 4, 5), np.int16), grid, "secret mask")
    points = scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "secret points")
    points.AddControlPoint(1, 2, 3)
    model = scene.AddNewNodeByClass("vtkMRMLModelNode", "secret model")
    model.SetAndObservePolyData(vtk.vtkPolyData())
    save_scene(scene, tmp_path / "Doe^Jane.mrb")
    result = received(tmp_path, {"Doe^Jane.mrb": tmp_path / "Doe^Jane.mrb"})
    assert (
        "only CT, boxes and results are taken over; 3 other items were left out" in result.notes[0]
    )
    again = load_scene(tmp_path / "out" / "scene.mrb")
    ct, roi = named(again, "CT"), named(again, "ROI")
    assert volume_from_node(ct).origin_lps[2] == pytest.approx(grid.origin[2] + 10)
    assert roi_from_node(roi).center_lps[2] == pytest.approx(made_box(grid).center_lps[2] + 10)
    assert again.GetNumberOfNodesByClass("vtkMRMLModelNode") == 0
    for name, data in unpacked(tmp_path / "out" / "scene.mrb").items():
        data = gzip.decompress(data.split(b"\n\n", 1)[1]) if name.endswith(".nrrd") else data
        for word in (b"Doe", b"1950", b"9.8.7", b"secret", str(tmp_path).encode()):
            assert word not in name.encode() + data, name


OTHERS = "CT%20heat.nrrd"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("/etc/passwd", "an absolute path: fileName of a VolumeArchetypeStorage"),
        ("%2Fetc%2Fpasswd", "an absolute path"),
        ("C:/Users/x.nrrd", "an absolute path"),
        ("../../x.nrrd", "outside of its bundle"),
        ("Data/%2E%2E/%2e%2e/x.nrrd", "outside of its bundle"),
        ("Data\\..\\x.nrrd", "a backslash"),
        ("file:///etc/passwd", "a remote address"),
        ("http://evil.example/x.nrrd", "a remote address"),
    ],
)
def test_a_scene_that_refers_elsewhere_is_refused(value, words, parts, tmp_path):
    hostile = edited(parts, f'fileName="Data/{OTHERS}"', f'fileName="{value}"')
    assert words in refusal(tmp_path, hostile)


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        (f'fileListMember0="Data/{OTHERS}"', 'fileListMember7="/etc/passwd"', "fileListMember7"),
        ('readState="0"', 'uri="https://evil.example/x" readState="0"', "uri"),
        ('readState="0"', 'uriListMember0="ftp://evil.example/x"', "uriListMember0"),
        ('readState="0"', 'tempPlace="/etc/passwd"', "tempPlace"),
        ("</MRML>", '<SceneView id="v"><ModelStorage fileName="/x.vtk"/></SceneView></MRML>', ""),
        ("</MRML>", '<Unknown id="u" fileName="../x"></Unknown></MRML>', "of a Unknown"),
    ],
)
def test_so_is_one_that_does_it_by_other_attributes_or_nodes(old, new, kind, parts, tmp_path):
    message = refusal(tmp_path, edited(parts, old, new))
    assert "the scene refers to" in message and kind in message


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE MRML [<!ENTITY x SYSTEM "file:///etc/passwd">]><MRML>&x;</MRML>',
        '<!DOCTYPE MRML [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><MRML name="&b;"></MRML>',
        '<!DOCTYPE MRML SYSTEM "http://evil.example/x.dtd"><MRML></MRML>',
        "<MRML>" + "<a>" * 100 + "</a>" * 100 + "</MRML>",
        "<html></html>",
        "<MRML><Volume>",
        "no XML",
    ],
)
def test_a_scene_whose_xml_is_not_plain_is_refused(text, tmp_path):
    message = refusal(tmp_path, {"given.mrb": zipped({"s/s.mrml": text.encode()})})
    assert message.startswith("the scene's file ")


def test_a_file_may_lack_only_where_it_is_not_needed(parts, tmp_path):
    kept = {name: data for name, data in parts.items() if "heat.csv" not in name}
    assert received(tmp_path, {"x": zipped(kept)}).notes == ()
    lacking = {name: data for name, data in parts.items() if "heat.nrrd" not in name}
    (tmp_path / "again").mkdir()
    message = refusal(tmp_path / "again", {"given.mrb": zipped(lacking)})
    assert "lacks the file of a node" in message


def test_a_scene_file_of_too_much_text_is_refused(parts, tmp_path):
    assert "the scene's file is too large" in refusal(
        tmp_path, {"given.mrb": zipped(parts)}, mrml=1000
    )


def test_volumes_in_a_bundle_are_checked_like_others(parts, tmp_path):
    elsewhere = nrrd("type: short\nsizes: 9 9 9\nencoding: raw\ndata file: /etc/passwd")
    for data, words in (
        (elsewhere, "keeps its voxels in another file"),
        (nrrd("type: short\nsizes: 99999 99999 999\nencoding: raw"), "too large"),
        (b"\xff\xd8\xff", "not of its kind"),
    ):
        hostile = {"given.mrb": zipped(parts | {"given/Data/CT.nrrd": data})}
        assert words in refusal(tmp_path, hostile)
    list_of_two = f'fileListMember0="Data/CT.nrrd" fileListMember1="Data/{OTHERS}"'
    assert "in several files" in refusal(
        tmp_path, edited(parts, 'fileListMember0="Data/CT.nrrd"', list_of_two)
    )


def test_a_bomb_in_a_bundle_is_refused(parts, tmp_path):
    hostile = {"given.mrb": zipped(parts | {"given/Data/CT.nrrd": bytes(96 << 20)})}
    assert "more than 200 times its own size" in refusal(tmp_path, hostile)


def test_a_ct_under_a_warp_is_not_taken_over(parts, tmp_path):
    warped = "transform:vtkMRMLGridTransformNode1;storage:vtkMRMLVolumeArchetypeStorageNode1;"
    warp = '<GridTransform id="vtkMRMLGridTransformNode1" name="warp"></GridTransform></MRML>'
    mrml = edited(parts, "storage:vtkMRMLVolumeArchetypeStorageNode1;", warped)["given.mrb"]
    with zipfile.ZipFile(io.BytesIO(mrml)) as bundle:
        text = bundle.read("given/given.mrml").decode()
    hostile = edited(parts, parts["given/given.mrml"].decode(), re.sub("</MRML>", warp, text))
    assert "no CT in the scene" in refusal(tmp_path, hostile)


def test_a_scene_without_a_ct_is_refused_with_the_reason(tmp_path):
    scene = new_scene()
    add_volume(scene, np.zeros((3, 4, 5), np.int16), made_grid(), "Doe^Jane")
    save_scene(scene, tmp_path / "grey.mrb")
    message = refusal(tmp_path, {"grey.mrb": tmp_path / "grey.mrb"})
    assert "not in Hounsfield units" in message and "Doe" not in message
    add_roi(empty := new_scene(), made_box(made_grid()))
    save_scene(empty, tmp_path / "empty.mrb")
    assert "no CT in the scene" in refusal(tmp_path, {"empty.mrb": tmp_path / "empty.mrb"})


def test_a_result_that_somebody_edited_is_left_out_with_a_note(parts, tmp_path):
    broken = parts | {"given/Data/CT case.tsv": b"field\tvalue\nvote\tperhaps\n"}
    result = received(tmp_path, {"x": zipped(broken)})
    assert result.notes == ("the result of CT cannot be read and was left out",)
    scene = load_scene(tmp_path / "out" / "scene.mrb")
    assert find_results(named(scene, "CT")) is None and named(scene, "ROI")


def test_a_scene_comes_by_itself(parts, tmp_path):
    both = {"1.mrb": zipped(parts), "2.mrb": zipped(parts)}
    assert "a scene comes by itself" in refusal(tmp_path, both)
    packed = {"x.zip": zipped({"given.mrb": zipped(parts)})}
    assert "upload a scene's .mrb by itself" in refusal(tmp_path, packed)
