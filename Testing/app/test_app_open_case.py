"""The one CT with its box that a viewer shows: opened, replaced, and what is left behind."""

from __future__ import annotations

import numpy as np
import pytest
from desktop_scenes import nodes
from made_results import made_box, made_case, made_grid, made_hu

from GastricDiffLib.app.open_case import OpenCase
from GastricDiffLib.app.sample import tumour_center
from GastricDiffLib.app.windows import WINDOWS
from GastricDiffLib.ct.io.markups import write_roi
from GastricDiffLib.ct.io.writing import write_nrrd
from GastricDiffLib.errors import InputError
from GastricDiffLib.scene import (
    add_roi,
    add_volume,
    find_results,
    new_scene,
    save_scene,
    write_scene,
)
from GastricDiffLib.scene.kinds import KIND
from GastricDiffLib.scene.layout import add_views, jump_slices


class SceneViews:
    """The slice views of a scene; what was shown last."""

    def __init__(self, scene) -> None:
        self._scene = scene
        self.shown = None

    def show(self, volume_node) -> None:
        self.shown = volume_node

    def look_at(self, ras_mm) -> None:
        jump_slices(self._scene, ras_mm)


@pytest.fixture
def case():
    scene = new_scene()
    add_views(scene)
    return OpenCase(scene, SceneViews(scene))


@pytest.fixture
def files(tmp_path):
    """A CT and a box in files."""
    write_nrrd(tmp_path / "DOE.nrrd", made_hu(), made_grid())
    write_roi(tmp_path / "roi.mrk.json", [made_box(made_grid())])
    return tmp_path / "DOE.nrrd", tmp_path / "roi.mrk.json"


def red_offset(case):
    return case.scene.GetSingletonNode("Red", "vtkMRMLSliceNode").GetSliceOffset()


def test_the_sample_comes_with_a_box_around_its_tumour(case):
    case.open_phantom()
    assert case.facts().problem == ""
    assert np.allclose(case.roi.GetCenterWorld(), tumour_center())
    assert red_offset(case) == pytest.approx(tumour_center()[2])


def test_a_ct_and_a_box_replace_the_case_before_and_bear_no_name(case, files):
    case.open_phantom()
    count = case.scene.GetNumberOfNodes()
    case.open_files(*files)
    assert case.ct.GetName() == "CT"
    assert case.facts().problem == ""
    assert red_offset(case) == pytest.approx(made_box(made_grid()).center_lps[2])
    assert case.scene.GetNumberOfNodes() == count


def test_a_box_alone_needs_a_ct_and_a_bad_file_changes_nothing(case, files, tmp_path):
    with pytest.raises(InputError, match="a box alone"):
        case.open_files(None, files[1])
    case.open_files(*files)
    version, ct = case.version(), case.ct
    (tmp_path / "bad.nrrd").write_text("NRRD0004\n")
    with pytest.raises(InputError):
        case.open_files(tmp_path / "bad.nrrd", None)
    assert case.ct is ct
    assert case.version() == version


def test_of_several_boxes_the_first_is_taken_and_a_note_states_it(case, files, tmp_path):
    write_roi(tmp_path / "two.mrk.json", [made_box(made_grid()), made_box(made_grid(), (9, 9, 9))])
    case.open_files(files[0], tmp_path / "two.mrk.json")
    assert case.facts().notes == ("of 2 boxes in the file the first is taken",)
    assert case.roi.GetSize()[0] == pytest.approx(26)


def test_a_scene_opens_with_its_first_ct_box_and_result(case, tmp_path):
    write_scene(tmp_path / "scene.mrb", *made_case())
    case.open_phantom()
    case.open_scene(tmp_path / "scene.mrb")
    assert find_results(case.ct) is not None
    assert case.ct.GetAttribute(KIND) is None
    assert case.facts().problem == ""


def test_a_volume_that_is_no_ct_is_passed_over(case, tmp_path):
    scene = new_scene()
    add_volume(scene, np.full((3, 4, 5), 200, np.int16), made_grid((3, 4, 5)), "picture")
    with_ct = add_volume(scene, made_hu(), made_grid(), "second")
    add_roi(scene, made_box(made_grid()))
    save_scene(scene, tmp_path / "scene.mrb")
    case.open_scene(tmp_path / "scene.mrb")
    assert case.ct.GetName() == with_ct.GetName()
    scene.RemoveNode(with_ct)
    save_scene(scene, tmp_path / "none.mrb")
    with pytest.raises(InputError, match="holds no CT"):
        case.open_scene(tmp_path / "none.mrb")
    assert case.ct is None
    assert not [node for node in nodes(case.scene) if node.IsA("vtkMRMLVolumeNode")]


def test_drawing_starts_and_stops_with_the_same_call(case, files):
    with pytest.raises(InputError, match="no CT"):
        case.draw()
    case.open_files(files[0], None)
    for name in ("vtkMRMLSelectionNode", "vtkMRMLInteractionNode"):
        node = case.scene.CreateNodeByClass(name)
        node.UnRegister(None)
        node.SetSingletonTag("Singleton")
        case.scene.AddNode(node)
    case.draw()
    assert case.drawing
    assert "click at two" in case.facts().problem
    case.draw()
    assert not case.drawing


def test_a_removed_node_is_missing_from_the_case(case, files):
    case.open_files(*files)
    case.scene.RemoveNode(case.roi)
    assert case.roi is None
    assert "Place a box" in case.facts().problem


@pytest.mark.parametrize("name", WINDOWS)
def test_the_ct_is_shown_in_a_window(case, files, name):
    case.show_window(name)
    case.open_files(files[0], None)
    case.show_window(name)
    display = case.ct.GetDisplayNode()
    assert (display.GetWindow(), display.GetLevel()) == WINDOWS[name]
    case.show_window("unknown")
    assert (display.GetWindow(), display.GetLevel()) == WINDOWS[name]
