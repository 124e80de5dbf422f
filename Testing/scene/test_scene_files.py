"""Scene bundles written, opened in a fresh scene, and looked at."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import slicer
from made_results import made_box, made_case, made_grid, made_hu, made_result

from GastricDiffLib.ct import BoxROI, CTVolume, Grid, read_roi, read_volume
from GastricDiffLib.errors import InputError
from GastricDiffLib.scene import (
    add_volume,
    find_results,
    load_scene,
    new_scene,
    render_slice,
    roi_from_node,
    save_scene,
    show_overlay,
    show_result,
    volume_from_node,
    write_scene,
)
from GastricDiffLib.scene.frames import world_grid


@pytest.fixture(scope="module")
def case():
    return made_case()


@pytest.fixture
def bundle(case, tmp_path):
    path = tmp_path / "scene.mrb"
    write_scene(path, *case)
    return path


def named(scene, name):
    node = scene.GetFirstNodeByName(name)
    assert node is not None, f"no node named {name}"
    return node


def columns(table):
    return [table.GetTable().GetColumnName(n) for n in range(table.GetNumberOfColumns())]


def test_a_written_scene_holds_ct_box_heat_tables_chart_and_folder(bundle, case):
    volume, boxes, result = case
    scene = load_scene(bundle)
    ct = named(scene, "CT")
    np.testing.assert_array_equal(slicer.util.arrayFromVolume(ct), made_hu())
    np.testing.assert_allclose(volume_from_node(ct).origin_lps, volume.origin_lps)
    box = roi_from_node(named(scene, "ROI"))
    np.testing.assert_allclose(box.center_lps, boxes[0].center_lps, atol=1e-6)
    np.testing.assert_allclose(box.size_mm, boxes[0].size_mm, atol=1e-6)

    heat = named(scene, "CT heat")
    np.testing.assert_array_equal(slicer.util.arrayFromVolume(heat), result.heat)
    np.testing.assert_allclose(world_grid(heat).ijk_to_lps, world_grid(ct).ijk_to_lps)
    assert columns(named(scene, "CT slices")) == [
        "slice", "position_mm", "in_roi", "p_differentiated", "vote",
    ]  # fmt: skip
    assert columns(named(scene, "CT case")) == ["field", "value"]

    nodes = find_results(ct)
    assert nodes is not None and nodes.heat is heat
    assert nodes.chart.GetName() == "CT probability"
    for node in nodes.all():
        assert node.GetNodeReference("GastricDiff.ROI") is named(scene, "ROI")
        assert node.GetAttribute("GastricDiff.Model") == "phantoms only"
    assert [series.GetTableNode() for series in nodes.series] == [nodes.slices] + 2 * [nodes.lines]
    p = nodes.slices.GetTable().GetColumnByName("p_differentiated")
    assert p.IsA("vtkDoubleArray") and p.GetValue(4) == pytest.approx(0.8)

    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    folder = hierarchy.GetItemParent(hierarchy.GetItemByDataNode(heat))
    assert hierarchy.GetItemName(folder) == "CT GastricDiff"
    assert hierarchy.GetNumberOfItemChildren(folder) == 7


def test_a_written_scene_opens_with_its_views_on_the_tumour(bundle, case):
    scene = load_scene(bundle)
    ct, heat, chart = (named(scene, name) for name in ("CT", "CT heat", "CT probability"))
    for name in ("Red", "Yellow", "Green"):
        view = scene.GetSingletonNode(name, "vtkMRMLSliceCompositeNode")
        assert view.GetBackgroundVolumeID() == ct.GetID()
        assert view.GetForegroundVolumeID() == heat.GetID()
    red = scene.GetSingletonNode("Red", "vtkMRMLSliceNode")
    assert red.GetSliceOffset() == pytest.approx(case[1][0].center_lps[2])
    display = ct.GetDisplayNode()
    assert (display.GetWindow(), display.GetLevel()) == (400, 40)
    selection = scene.GetSingletonNode("Singleton", "vtkMRMLSelectionNode")
    assert selection.GetActiveVolumeID() == ct.GetID()
    plot = scene.GetSingletonNode("PlotView1", "vtkMRMLPlotViewNode")
    assert plot.GetPlotChartNodeID() == chart.GetID()


def test_a_scene_of_two_boxes_holds_both(case, tmp_path):
    volume, boxes, _ = case
    second = made_box(volume.grid, size=(8.0, 8.0, 8.0))
    write_scene(tmp_path / "two.mrb", volume, [*boxes, second], made_result(volume, boxes))
    scene = load_scene(tmp_path / "two.mrb")
    sizes = [roi_from_node(named(scene, name)).size_mm[0] for name in ("ROI", "ROI 2")]
    assert sizes == pytest.approx([26, 8])


def test_a_tilted_ct_lies_in_the_scene_on_its_own_grid(tmp_path):
    grid = made_grid()
    turn = np.eye(4)
    turn[1:3, 1:3] = [[np.cos(0.2), -np.sin(0.2)], [np.sin(0.2), np.cos(0.2)]]
    tilted = Grid(grid.shape, turn @ grid.ijk_to_lps)
    volume = CTVolume.from_array(made_hu(), tilted.ijk_to_lps)
    box = made_box(tilted)
    write_scene(tmp_path / "tilted.mrb", volume, [box], made_result(volume, [box]))
    scene = load_scene(tmp_path / "tilted.mrb")
    for name in ("CT", "CT heat"):
        np.testing.assert_allclose(
            world_grid(named(scene, name)).ijk_to_lps, tilted.ijk_to_lps, atol=1e-4
        )
    middle = slicer.util.arrayFromVolume(named(scene, "CT"))[5, 15:25, 20:36]
    assert abs(middle.mean() - made_hu()[5, 15:25, 20:36].mean()) < 10


def test_a_written_scene_packs_nothing_twice_and_the_ct_not_at_all(bundle, case):
    with zipfile.ZipFile(bundle) as files:
        entries = {Path(entry.filename).name: entry for entry in files.infolist()}
    assert {entry.compress_type for entry in entries.values()} == {zipfile.ZIP_STORED}
    assert entries["CT.nrrd"].file_size > case[0].hu.nbytes
    assert entries["CT heat.nrrd"].file_size < case[2].heat.nbytes


def test_voxels_are_shared_only_where_that_is_asked_for():
    scene, hu = new_scene(), made_hu()
    own, shared = (add_volume(scene, hu, made_grid(), share=share) for share in (False, True))
    assert not np.shares_memory(slicer.util.arrayFromVolume(own), hu)
    assert np.shares_memory(slicer.util.arrayFromVolume(shared), hu)
    expected = hu.copy()
    del hu
    # The node keeps the array alive.
    np.testing.assert_array_equal(slicer.util.arrayFromVolume(shared), expected)
    assert shared.GetImageData().GetScalarRange() == (expected.min(), expected.max())


def test_a_saved_scene_goes_on_being_classified(bundle, case):
    scene = load_scene(bundle)
    before = scene.GetNumberOfNodes()
    changed = replace(case[2], p=np.full(5, 0.1, np.float32))
    show_result(scene, named(scene, "CT"), named(scene, "ROI"), changed)
    assert scene.GetNumberOfNodes() == before
    assert named(scene, "CT heat").GetAttribute("GastricDiff.Vote") == "undifferentiated"


def test_two_saved_scenes_open_in_one(bundle):
    scene = load_scene(bundle, load_scene(bundle))
    cts = nodes_named(scene, "CT")
    assert len(cts) == 2
    heats = [find_results(ct).heat for ct in cts]
    assert heats[0] is not heats[1]
    assert len({heat.GetDisplayNode().GetColorNodeID() for heat in heats}) == 1
    assert all(heat.GetDisplayNode().GetColorNode().GetNumberOfColors() == 256 for heat in heats)


def nodes_named(scene, name):
    found = scene.GetNodesByName(name)
    found.UnRegister(None)
    return [found.GetItemAsObject(n) for n in range(found.GetNumberOfItems())]


def test_a_loaded_scene_can_be_saved_again_elsewhere(bundle, tmp_path):
    scene = load_scene(bundle)
    bundle.unlink()
    save_scene(scene, tmp_path / "again" / "copy.mrb")
    again = load_scene(tmp_path / "again" / "copy.mrb")
    np.testing.assert_array_equal(slicer.util.arrayFromVolume(named(again, "CT")), made_hu())
    assert find_results(named(again, "CT")) is not None


def test_a_bundle_shows_nothing_of_where_it_was_made(case, tmp_path):
    folder = tmp_path / "Doe^Jane 1950-01-02"
    write_scene(folder / "scene.mrb", *case)
    planted = [b"Doe", b"1950", str(tmp_path).encode(), str(Path.home()).encode(), b".gastricdiff"]
    with zipfile.ZipFile(folder / "scene.mrb") as bundle:
        for info in bundle.infolist():
            data = info.filename.encode() + bundle.read(info)
            assert not [word for word in planted if word in data], info.filename
            assert info.date_time[0] == 1980 or info.is_dir()


def test_the_heat_is_left_beside_just_as_it_lies_in_the_bundle(case, tmp_path):
    volume, _, result = case
    write_scene(tmp_path / "scene.mrb", *case, heat=tmp_path / "heat.nrrd")
    image = sitk.ReadImage(str(tmp_path / "heat.nrrd"))
    assert image.GetPixelID() == sitk.sitkFloat32
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), result.heat)
    np.testing.assert_allclose(Grid.from_sitk(image).ijk_to_lps, volume.grid.ijk_to_lps)
    with zipfile.ZipFile(tmp_path / "scene.mrb") as files:
        (name,) = (name for name in files.namelist() if name.endswith("/CT heat.nrrd"))
        assert files.read(name) == (tmp_path / "heat.nrrd").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["heat.nrrd", "scene.mrb"]


def test_neither_saving_nor_opening_prints_anything(case, tmp_path, capfd):
    write_scene(tmp_path / "scene.mrb", *case)
    load_scene(tmp_path / "scene.mrb")
    assert capfd.readouterr() == ("", "")


def test_saving_leaves_only_the_bundle(bundle):
    assert [path.name for path in bundle.parent.iterdir()] == ["scene.mrb"]


def test_a_scene_that_cannot_be_written_leaves_nothing(case, tmp_path):
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder.mrb").mkdir()
    for path, message in (
        (tmp_path / "file" / "scene.mrb", "cannot write"),
        (tmp_path / "folder.mrb", "a folder stands"),
        (tmp_path / "scene.mrml", "saved as .mrb"),
    ):
        with pytest.raises(InputError, match=message):
            write_scene(path, *case)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder.mrb"]


def test_what_is_no_bundle_is_refused(tmp_path):
    (tmp_path / "text.mrb").write_text("no zip")
    with zipfile.ZipFile(tmp_path / "empty.mrb", "w") as bundle:
        bundle.writestr("scene/readme.txt", "no scene")
    for name, message in (
        ("missing.mrb", "no such scene"),
        ("text.mrb", "not a scene bundle"),
        ("empty.mrb", "holds no scene"),
    ):
        with pytest.raises(InputError, match=message):
            load_scene(tmp_path / name)


def test_a_bundle_that_cannot_be_unpacked_is_refused(bundle, tmp_path):
    locked = bytearray(bundle.read_bytes())
    for signature, flags in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = -1
        while (at := locked.find(signature, at + 1)) >= 0:
            locked[at + flags] |= 1
    (tmp_path / "locked.mrb").write_bytes(locked)
    with pytest.raises(InputError, match="not a scene bundle"):
        load_scene(tmp_path / "locked.mrb")
    with zipfile.ZipFile(tmp_path / "bomb.mrb", "w") as bomb:
        bomb.writestr("scene/scene.mrml", "<MRML></MRML>")
        bomb.filelist[0].file_size = 1 << 50
    with pytest.raises(InputError, match="no space to unpack the scene"):
        load_scene(tmp_path / "bomb.mrb")


def test_the_overlay_changes_the_hot_pixels_and_no_others(bundle, case):
    scene = load_scene(bundle)
    before = scene.GetNumberOfNodes()
    on = render_slice(scene)
    show_overlay(scene, False)
    off = render_slice(scene)
    assert scene.GetNumberOfNodes() == before
    assert on.shape == off.shape == (512, 512, 3)
    assert off.std() > 20, "the CT itself is not in the picture"
    assert (off[..., 0] == off[..., 1]).all(), "without overlay the picture is grey"
    changed = (on.astype(int) - off).any(axis=2)
    assert not off[:40].any(), "outside of the volume the picture is black"
    heat = heat_in_view(scene, case[2])
    assert (heat > 0.22).sum() > 300
    assert changed[heat > 0.22].all() and not changed[heat < 0.18].any()


def heat_in_view(scene, result):
    """The heat at each pixel of the Red view, interpolated between voxels as Slicer does."""
    view = scene.GetSingletonNode("Red", "vtkMRMLSliceNode")
    field = view.GetFieldOfView()[0]
    center = np.array([view.GetSliceToRAS().GetElement(row, 3) for row in range(3)])
    step = (np.arange(512) - 255.5) * field / 512
    lps = np.empty((512, 512, 3))
    lps[..., 0] = -center[0] + step[None, :]
    lps[..., 1] = -center[1] + step[:, None]
    lps[..., 2] = center[2]
    ijk = result.grid.to_ijk(lps)
    image = sitk.GetImageFromArray(result.heat)
    flat = [
        image.EvaluateAtContinuousIndex(point, sitk.sitkLinear)
        if all(0 <= c <= n - 1 for c, n in zip(point, image.GetSize(), strict=True))
        else 0.0
        for point in ijk.reshape(-1, 3).tolist()
    ]
    return np.reshape(flat, (512, 512))


def test_a_view_that_a_scene_has_not_is_named(bundle):
    with pytest.raises(InputError, match="no such slice view: Blue"):
        render_slice(load_scene(bundle), "Blue")


def test_an_empty_view_is_black():
    scene = new_scene()
    for node_class in ("vtkMRMLSliceNode", "vtkMRMLSliceCompositeNode"):
        node = scene.CreateNodeByClass(node_class)
        node.UnRegister(None)
        node.SetSingletonTag("Red")
        scene.AddNode(node)
    assert not render_slice(scene, size=64).any()
    add_volume(scene, made_hu(), made_grid())
    assert not render_slice(scene, size=64).any()


def test_real_abdomen_with_its_box_becomes_a_scene(shared_data, tmp_path):
    volume = read_volume(shared_data / "abdomen-dicom")
    boxes: list[BoxROI] = read_roi(shared_data / "abdomen-roi.mrk.json")
    write_scene(tmp_path / "scene.mrb", volume, boxes, made_result(volume, boxes))
    scene = load_scene(tmp_path / "scene.mrb")
    assert named(scene, "CT slices").GetNumberOfRows() == 20
    on = render_slice(scene)
    show_overlay(scene, False)
    changed = (on != render_slice(scene)).any(axis=2)
    assert 10 < changed.sum() < 0.05 * changed.size
