"""Boxes against brute force in the world, and the files that they come from."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from GastricDiffLib.ct import BoxROI, CTVolume, Grid, read_roi, read_volume
from GastricDiffLib.ct.roi import (
    require_overlap,
    roi_slices,
    union_mask,
    union_rectangle,
    write_roi,
)
from GastricDiffLib.errors import InputError


def turn(axis: int, degrees: float) -> np.ndarray:
    """Right-handed rotation about L, P or S."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array(
        {
            0: [[1, 0, 0], [0, c, -s], [0, s, c]],
            1: [[c, 0, s], [0, 1, 0], [-s, 0, c]],
            2: [[c, -s, 0], [s, c, 0], [0, 0, 1]],
        }[axis]
    )


ROTATED = turn(2, 30) @ turn(0, 15)


@pytest.fixture
def volume() -> CTVolume:
    hu = np.full((26, 70, 60), -1000, np.int16)
    grid = Grid.from_axes(hu.shape, np.eye(3), (1.1, 0.9, 3.0), (-33.3, 12.2, 100.5))
    return CTVolume.from_array(hu, grid.ijk_to_lps)


@pytest.fixture
def rotated() -> BoxROI:
    return BoxROI(np.array([-2.0, 41.0, 139.0]), ROTATED, np.array([25.0, 31.0, 37.0]), "tumour")


def brute_force(roi: BoxROI, volume: CTVolume) -> np.ndarray:
    """Every voxel of the volume tested in world coordinates, (S, H, W) bool."""
    inside = np.zeros(volume.hu.shape, bool)
    for k, y, x in np.ndindex(volume.hu.shape):
        point = np.array(volume.origin_lps) + np.array([x, y, k]) * volume.spacing_mm[::-1]
        along = roi.axes_lps.T @ (point - roi.center_lps)
        inside[k, y, x] = np.all(np.abs(along) <= roi.size_mm / 2)
    return inside


def area(polygon: np.ndarray) -> float:
    """Shoelace area, positive for either sense."""
    y, x = polygon.T
    return abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def test_a_box_turned_about_two_axes_selects_the_voxels_that_brute_force_does(volume, rotated):
    expected = brute_force(rotated, volume)
    assert expected.sum() > 5000
    found = np.stack([rotated.mask(volume, k) for k in range(len(volume.hu))])
    np.testing.assert_array_equal(found, expected)
    touched = np.flatnonzero(expected.any(axis=(1, 2)))
    assert set(touched) <= set(rotated.slices(volume))


def test_the_polygon_is_where_the_plane_cuts_the_box(volume):
    rotated = BoxROI(np.array([-2.0, 41, 139]), ROTATED @ turn(1, 40), np.array([25.0, 31, 37]))
    sides = set()
    for k in rotated.slices(volume):
        polygon, rectangle = rotated.polygon(volume, k), rotated.rectangle(volume, k)
        assert polygon is not None and rectangle is not None
        sides.add(len(polygon))
        y, x = polygon.T
        z = np.full(len(polygon), volume.position_mm(k))
        points = np.column_stack(
            [
                volume.origin_lps[0] + x * volume.spacing_mm[2],
                volume.origin_lps[1] + y * volume.spacing_mm[1],
                z,
            ]
        )
        along = np.abs((points - rotated.center_lps) @ rotated.axes_lps) - rotated.size_mm / 2
        # Each corner lies on two faces or more, and outside of none.
        assert along.max() < 2e-4
        assert (np.abs(along) < 2e-4).sum(axis=1).min() >= 2
        y0, x0, y1, x1 = rectangle
        assert y0 - 0.503 <= y.min() < y0 + 0.503 and y1 - 1.503 < y.max() <= y1 - 0.497
        assert x0 - 0.503 <= x.min() < x0 + 0.503 and x1 - 1.503 < x.max() <= x1 - 0.497
        mask = rotated.mask(volume, k)
        assert not np.delete(mask, np.s_[y0:y1], axis=0).any()
        assert not np.delete(mask, np.s_[x0:x1], axis=1).any()
        perimeter = np.hypot(*(polygon - np.roll(polygon, 1, axis=0)).T).sum()
        assert abs(area(polygon) - mask.sum()) < perimeter
    assert len(sides) > 1


def test_the_polygons_add_up_to_the_boxs_volume(volume, rotated):
    dz, dy, dx = volume.spacing_mm
    total = sum(area(rotated.polygon(volume, k)) for k in rotated.slices(volume)) * dx * dy * dz
    assert total == pytest.approx(np.prod(rotated.size_mm), rel=0.02)


def test_slices_are_those_whose_plane_cuts_the_box(volume, rotated):
    z = rotated.corners_lps()[:, 2]
    expected = [k for k in range(len(volume.hu)) if z.min() <= volume.position_mm(k) <= z.max()]
    assert rotated.slices(volume) == expected
    assert rotated.polygon(volume, expected[0] - 1) is None
    assert rotated.rectangle(volume, expected[-1] + 1) is None
    assert not rotated.mask(volume, expected[-1] + 1).any()


def test_the_real_stomach_box_cuts_exactly_its_twenty_slices(shared_data):
    ct = read_volume(shared_data / "abdomen-dicom")
    rois = read_roi(shared_data / "abdomen-roi.mrk.json")
    assert len(rois) == 1 and rois[0].is_axis_aligned
    assert roi_slices(rois, ct) == list(range(20))
    stomach = read_mask(shared_data / "abdomen-stomach.nii.gz")
    covered = np.stack([rois[0].mask(ct, k) for k in range(20)])
    assert stomach.sum() > 1000
    assert not (stomach & ~covered).any()


def read_mask(path: Path) -> np.ndarray:
    import SimpleITK as sitk

    image = sitk.ReadImage(str(path))
    grid = Grid.from_sitk(image)
    array = sitk.GetArrayFromImage(image).astype(np.int16)
    return CTVolume.from_array(array, grid.ijk_to_lps).hu > 0


def test_a_face_on_the_border_of_two_pixels_does_not_depend_on_rounding(volume):
    dz, dy, dx = volume.spacing_mm
    low = np.array(volume.origin_lps) + np.array([9.5 * dx, 19.5 * dy, 4 * dz])
    high = np.array(volume.origin_lps) + np.array([20.5 * dx, 29.5 * dy, 8 * dz])
    for noise in (-3e-5, 0.0, 3e-5):
        roi = BoxROI((low + high) / 2 + noise, np.eye(3), high - low)
        assert roi.rectangle(volume, 6) == (20, 10, 30, 21)
        assert roi.slices(volume) == [4, 5, 6, 7, 8]
        assert roi.mask(volume, 8).sum() == 110


def test_a_box_half_outside_is_clipped_to_the_image(volume):
    corner = np.array(volume.origin_lps)
    roi = BoxROI(corner, np.eye(3), np.array([10.0, 10.0, 10.0]))
    assert roi.rectangle(volume, 0) == (0, 0, 7, 6)
    assert roi.slices(volume) == [0, 1]


def test_a_box_smaller_than_a_pixel_still_has_one(volume):
    point = np.array(volume.origin_lps) + np.array([10.3 * 1.1, 5.3 * 0.9, 9.0])
    roi = BoxROI(point, np.eye(3), np.full(3, 0.1))
    assert roi.rectangle(volume, 3) == (5, 10, 6, 11)


def test_a_transform_moves_turns_and_scales_a_box(rotated):
    matrix = np.eye(4)
    matrix[:3, :3] = 1.5 * turn(1, 40)
    matrix[:3, 3] = (5, -6, 7)
    moved = rotated.transformed(matrix)
    expected = rotated.corners_lps() @ matrix[:3, :3].T + matrix[:3, 3]
    np.testing.assert_allclose(moved.corners_lps(), expected, atol=1e-9)
    assert moved.name == "tumour"
    matrix[0, 1] += 0.4
    with pytest.raises(InputError, match="shears"):
        rotated.transformed(matrix)


def test_several_boxes_are_their_union(volume, rotated):
    other = BoxROI(
        rotated.center_lps + np.array([14, 10, 20]), np.eye(3), np.array([8.0, 9.0, 12.0])
    )
    both = [rotated, other]
    assert roi_slices(both, volume) == sorted({*rotated.slices(volume), *other.slices(volume)})
    for k in roi_slices(both, volume):
        mask = union_mask(both, volume, k)
        np.testing.assert_array_equal(mask, rotated.mask(volume, k) | other.mask(volume, k))
        rectangle = union_rectangle(both, volume, k)
        assert rectangle is not None
        y0, x0, y1, x1 = rectangle
        assert mask.sum() == mask[y0:y1, x0:x1].sum()
    assert union_rectangle(both, volume, 0) is None


def test_a_box_outside_the_ct_is_refused_with_both_places_in_ras(volume):
    roi = BoxROI(np.array([-200.0, 41.0, 139.0]), np.eye(3), np.full(3, 10.0))
    with pytest.raises(InputError) as caught:
        require_overlap(volume, [roi])
    message = str(caught.value)
    assert "outside the CT" in message
    assert "ROI at R 195.0…205.0" in message
    assert "CT at R -32.2…33.8" in message


def test_a_box_between_two_slices_is_refused(volume, rotated):
    thin = BoxROI(np.array([0.0, 40.0, 105.0]), np.eye(3), np.array([9.0, 9.0, 1.0]))
    with pytest.raises(InputError, match="between two slices"):
        require_overlap(volume, [thin])
    require_overlap(volume, [thin, rotated])


def test_written_boxes_come_back(tmp_path, rotated):
    plain = BoxROI(np.array([1.0, 2.0, 3.0]), np.eye(3), np.array([4.0, 5.0, 6.0]))
    write_roi(tmp_path / "roi.mrk.json", [rotated, plain])
    back = read_roi(tmp_path / "roi.mrk.json")
    assert [path.name for path in tmp_path.iterdir()] == ["roi.mrk.json"]
    for box, original in zip(back, [rotated, plain], strict=True):
        np.testing.assert_allclose(box.corners_lps(), original.corners_lps(), atol=1e-9)


def markup(**changes) -> dict:
    values = {
        "type": "ROI",
        "coordinateSystem": "LPS",
        "roiType": "Box",
        "center": [1.0, 2.0, 3.0],
        "orientation": [1, 0, 0, 0, 1, 0, 0, 0, 1],
        "size": [4.0, 5.0, 6.0],
        **changes,
    }
    return {key: value for key, value in values.items() if value is not None}


def saved(path: Path, *markups: dict) -> Path:
    path.write_text(json.dumps({"markups": list(markups)}))
    return path


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"coordinateSystem": None},
        {"coordinateSystem": "1"},
        {"coordinateSystem": "RAS", "center": [-1.0, -2.0, 3.0]},
        {"coordinateSystem": "0", "center": [-1.0, -2.0, 3.0]},
        {"orientation": None},
        {"roiType": "BoundingBox"},
        {"coordinateUnits": ["mm", "UCUM", "millimeter"]},
        {"orientation": [-1, 0, 0, 0, -1, 0, 0, 0, 1]},
    ],
)
def test_the_spellings_of_one_box_are_read_alike(tmp_path, changes):
    box = read_roi(saved(tmp_path / "roi.mrk.json", markup(**changes)))[0]
    np.testing.assert_allclose(box.center_lps, [1, 2, 3])
    corners = box.corners_lps()
    np.testing.assert_allclose(corners.min(axis=0), [-1, -0.5, 0])
    np.testing.assert_allclose(corners.max(axis=0), [3, 4.5, 6])


def test_all_boxes_beside_points_are_read(tmp_path):
    points = {"type": "Fiducial", "controlPoints": []}
    path = saved(tmp_path / "a.mrk.json", points, markup(), points, markup(center=[9, 9, 9]))
    assert [box.center_lps.tolist() for box in read_roi(path)] == [[1, 2, 3], [9, 9, 9]]


@pytest.mark.parametrize(
    "changes, reported",
    [
        ({"center": None}, "center is missing"),
        ({"size": None}, "size is missing"),
        ({"center": [1, 2]}, "center is not 3 finite numbers"),
        ({"center": "here"}, "center is not 3 finite numbers"),
        ({"center": [1, 2, float("nan")]}, "center is not 3 finite numbers"),
        ({"size": [[1], [2, 3]]}, "size is not 3 finite numbers"),
        ({"size": [4, 0, 6]}, "no volume"),
        ({"size": [4, -5, 6]}, "no volume"),
        ({"orientation": [1, 0, 0]}, "orientation is not 9 finite numbers"),
        ({"orientation": [0] * 9}, "not a box"),
        ({"orientation": [1, 0.5, 0, 0, 1, 0, 0, 0, 1]}, "not a box"),
        ({"insideOut": True}, "inside out"),
        ({"roiType": "Sphere"}, "Sphere, not a box"),
        ({"coordinateSystem": "IJK"}, "coordinate system 'IJK'"),
        ({"coordinateSystem": 0}, "coordinate system 0"),
        ({"coordinateUnits": "um"}, "not in millimetres"),
    ],
)
def test_a_damaged_box_is_refused_with_its_fault(tmp_path, changes, reported):
    path = saved(tmp_path / "roi.mrk.json", markup(), markup(**changes))
    with pytest.raises(InputError) as caught:
        read_roi(path)
    assert reported in str(caught.value) and "ROI 2" in str(caught.value)


@pytest.mark.parametrize(
    "content, reported",
    [
        ('{"markups": [{"type": "Fiducial"}, {"type": "Fiducial"}, {"type": "Line"}]}',
         "it holds 2 Fiducial, 1 Line"),
        ('{"markups": []}', "it holds no markup"),
        ('{"markups": [', "not readable JSON"),
        ("", "not readable JSON"),
        ("# Markups fiducial file version = 4.11\n1,2,3", "not readable JSON"),
        ("[1, 2]", "no Slicer markups file"),
        ('{"a": 1}', "no Slicer markups file"),
        ('{"markups": [1]}', "no Slicer markups file"),
    ],
)  # fmt: skip
def test_a_file_without_a_box_is_refused_with_what_it_holds(tmp_path, content, reported):
    path = tmp_path / "roi.mrk.json"
    path.write_text(content)
    with pytest.raises(InputError, match=reported):
        read_roi(path)


def test_binary_and_missing_files_are_refused(tmp_path):
    path = tmp_path / "roi.mrk.json"
    with pytest.raises(InputError, match="no such ROI file"):
        read_roi(path)
    path.write_bytes(bytes(range(256)))
    with pytest.raises(InputError, match="not readable JSON"):
        read_roi(path)
