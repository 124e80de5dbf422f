"""Volumes in axial order, whatever the order of the input, and the way back."""

from __future__ import annotations

from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from GastricDiffLib.ct import CTVolume, Grid, read_volume
from GastricDiffLib.ct.io.writing import write_nrrd
from GastricDiffLib.ct.volume import as_int16
from GastricDiffLib.errors import InputError


def rotation(axis: int, degrees: float) -> np.ndarray:
    """Right-handed rotation about one of the three axes."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turned = np.eye(3)
    a, b = [n for n in range(3) if n != axis]
    turned[a, a] = turned[b, b] = c
    turned[a, b], turned[b, a] = (-s, s) if axis != 1 else (s, -s)
    return turned


def smooth_volume() -> tuple[np.ndarray, Grid]:
    """A linear ramp in world coordinates: interpolation must reproduce it."""
    grid = Grid.from_axes((14, 30, 26), rotation(0, 12.0), (2.0, 1.5, 4.0), (-20, -30, 40))
    return world_ramp(grid), grid


def world_ramp(grid: Grid) -> np.ndarray:
    k, j, i = np.indices(grid.shape)
    x, y, z = np.moveaxis(grid.to_lps(np.stack([i, j, k], axis=-1)), -1, 0)
    return (3 * x - 4 * y + 5 * z - 300).astype(np.float32)


def reached(target: Grid, source: Grid, margin: float = 0.0) -> np.ndarray:
    """Which voxels of ``target`` lie between the voxel centres of ``source``."""
    k, j, i = np.indices(target.shape)
    index = source.to_ijk(target.to_lps(np.stack([i, j, k], axis=-1)))
    last = np.array(source.shape[::-1]) - 1
    outside = np.maximum(-index, index - last).max(axis=-1)
    return np.asarray(outside <= 1e-9 - margin)


def rearranged(array: np.ndarray, grid: Grid, order: tuple[int, ...], flip: tuple[bool, ...]):
    """The same CT with its array axes in another order and direction."""
    axes = 2 - np.array(order)[::-1]
    matrix = np.eye(4)
    matrix[:3, :3] = grid.ijk_to_lps[:3, axes]
    matrix[:3, 3] = grid.origin
    turned = array.transpose(order)
    for axis in range(3):
        if flip[axis]:
            turned = np.flip(turned, axis)
            column = 2 - axis
            matrix[:3, 3] += matrix[:3, column] * (turned.shape[axis] - 1)
            matrix[:3, column] *= -1
    return turned, Grid(turned.shape, matrix)


@pytest.fixture
def odd_ct() -> tuple[np.ndarray, Grid]:
    hu = np.random.default_rng(1).integers(-1000, 1000, (5, 6, 7), dtype=np.int16)
    return hu, Grid.from_axes(hu.shape, np.eye(3), (0.7, 0.8, 2.5), (-11.0, -22.0, 33.0))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_every_order_and_direction_of_axes_gives_the_same_axial_volume(odd_ct, order):
    hu, grid = odd_ct
    for flip in product((False, True), repeat=3):
        array, turned = rearranged(hu, grid, order, flip)
        volume = CTVolume.from_array(array, turned.ijk_to_lps)
        np.testing.assert_array_equal(volume.hu, hu)
        assert np.shares_memory(volume.hu, hu)
        assert volume.spacing_mm == pytest.approx((2.5, 0.8, 0.7))
        assert volume.origin_lps == pytest.approx((-11.0, -22.0, 33.0))
        assert volume.position_mm(3) == pytest.approx(40.5)
        assert not volume.resampled and volume.notes == ()
        np.testing.assert_array_equal(volume.to_input_grid(volume.hu), array)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_marker_goes_back_to_its_own_point_in_the_world(odd_ct, order):
    hu, grid = odd_ct
    array, turned = rearranged(hu, grid, order, (True, False, True))
    volume = CTVolume.from_array(array, turned.ijk_to_lps)
    marker = np.zeros(volume.hu.shape, np.float32)
    marker[1, 2, 5] = 1
    back = volume.to_input_grid(marker)
    assert back.dtype == np.float32 and back.shape == turned.shape
    k, j, i = np.argwhere(back == 1)[0]
    expected = np.array(volume.origin_lps) + np.array([5, 2, 1]) * volume.spacing_mm[::-1]
    np.testing.assert_allclose(volume.grid.to_lps(np.array([i, j, k])), expected)
    slice_axis = int(np.argmax(np.abs(turned.directions[2])))
    assert volume.input_slice_index(1) == (i, j, k)[slice_axis]


def test_a_tilted_stack_is_resampled_and_reported_by_its_angle():
    array, grid = smooth_volume()
    volume = CTVolume.from_array(array, grid.ijk_to_lps, notes=("first",))
    assert volume.resampled
    assert volume.notes[0] == "first"
    assert "tilted by 12.0°" in volume.notes[1]
    inside = reached(volume.axial_grid, grid)
    assert inside.sum() > 0.7 * array.size
    # Half a unit of rounding in, half a unit out.
    assert np.abs(volume.hu - world_ramp(volume.axial_grid))[inside].max() <= 1.01
    far = ~reached(volume.axial_grid, grid, margin=-0.6)
    assert (volume.hu[far] == -1024).all() and far.any()
    back = volume.to_input_grid(volume.hu)
    assert back.shape == array.shape
    core = (slice(3, -3),) * 3
    assert np.abs(back - array)[core].max() <= 2
    assert volume.input_slice_index(4) == 4


def test_the_upright_grid_holds_every_corner_of_a_tilted_one():
    _, grid = smooth_volume()
    upright = grid.upright()
    indices = upright.to_ijk(grid.corners_lps())
    assert indices.min() > -1e-6
    assert (indices.max(axis=0) <= np.array(upright.shape[::-1]) - 1 + 2e-3).all()
    assert upright.is_upright() and not upright.sheared


def test_a_sheared_stack_stands_on_an_upright_grid_of_its_own():
    matrix = np.eye(4)
    matrix[1, 2] = 0.3
    grid = Grid((12, 20, 16), matrix)
    assert grid.sheared
    volume = CTVolume.from_array(world_ramp(grid), matrix)
    assert volume.resampled and volume.grid.is_upright()
    assert volume.grid.shape == volume.hu.shape
    np.testing.assert_array_equal(volume.to_input_grid(volume.hu), volume.hu)
    inside = reached(volume.axial_grid, grid)
    assert np.abs(volume.hu - world_ramp(volume.axial_grid))[inside].max() <= 1.01


def test_a_hair_of_rotation_is_not_resampled():
    hu = np.zeros((3, 4, 5), np.int16)
    matrix = np.eye(4)
    matrix[:3, :3] = rotation(2, 0.02)
    assert not CTVolume.from_array(hu, matrix).resampled
    matrix[:3, :3] = rotation(2, 0.2)
    assert CTVolume.from_array(hu, matrix).resampled


@pytest.mark.parametrize("suffix", ["nrrd", "nii", "nii.gz", "mha", "mhd"])
@pytest.mark.parametrize("order,flip", [((0, 1, 2), (0, 0, 0)), ((2, 0, 1), (1, 0, 1))])
def test_the_same_ct_reads_alike_from_every_format(shared_data, tmp_path, suffix, order, flip):
    reference = read_volume(shared_data / "abdomen-dicom")
    crop = reference.hu[:, 100:140, 200:260]
    grid = Grid.from_axes(
        crop.shape,
        np.eye(3),
        reference.spacing_mm[::-1],
        reference.axial_grid.to_lps(np.array([200, 100, 0])),
    )
    array, turned = rearranged(crop, grid, order, flip)
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(turned.spacing.tolist())
    image.SetDirection(turned.directions.ravel().tolist())
    image.SetOrigin(turned.origin.tolist())
    path = tmp_path / f"ct.{suffix}"
    sitk.WriteImage(image, str(path))
    volume = read_volume(path)
    np.testing.assert_array_equal(volume.hu, crop)
    assert volume.spacing_mm == pytest.approx(reference.spacing_mm)
    for k in range(len(crop)):
        assert volume.position_mm(k) == pytest.approx(reference.position_mm(k), abs=1e-4)
    np.testing.assert_allclose(volume.origin_lps, grid.origin, atol=1e-3)
    np.testing.assert_array_equal(volume.to_input_grid(volume.hu), array)


def test_a_float_volume_is_rounded_and_clipped_not_wrapped():
    values = np.array([[[-0.6, 0.4, 40000.0, -99999.0]]])
    assert as_int16(values).ravel().tolist() == [-1, 0, 32767, -32768]
    assert as_int16(np.array([[[70000]]])).item() == 32767


def test_nan_and_infinity_are_counted():
    array = np.zeros((3, 4, 5), np.float32)
    array[0, 0, 0], array[2, 1, :2] = np.nan, np.inf
    with pytest.raises(InputError, match="3 of 60 voxels"):
        CTVolume.from_array(array, np.eye(4))


@pytest.mark.parametrize("matrix", [np.zeros((4, 4)), np.full((4, 4), np.nan), np.eye(3)])
def test_a_degenerate_geometry_is_refused(matrix):
    with pytest.raises(InputError):
        CTVolume.from_array(np.zeros((3, 4, 5), np.int16), matrix)


def test_a_flat_array_is_refused():
    with pytest.raises(InputError, match="three dimensions"):
        CTVolume.from_array(np.zeros((4, 5), np.int16), np.eye(4))


def test_an_array_of_another_shape_cannot_go_back(odd_ct):
    hu, grid = odd_ct
    with pytest.raises(ValueError, match="axial grid"):
        CTVolume.from_array(hu, grid.ijk_to_lps).to_input_grid(hu[:-1])


@pytest.mark.parametrize("dtype", [np.float32, np.int16])
def test_a_written_nrrd_keeps_values_type_and_geometry(odd_ct, tmp_path, dtype):
    hu, grid = odd_ct
    array, turned = rearranged(hu.astype(dtype), grid, (1, 2, 0), (True, False, True))
    write_nrrd(tmp_path / "out.nrrd", array, turned)
    image = sitk.ReadImage(str(tmp_path / "out.nrrd"))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), array)
    assert sitk.GetArrayFromImage(image).dtype == dtype
    np.testing.assert_allclose(Grid.from_sitk(image).ijk_to_lps, turned.ijk_to_lps, atol=1e-9)
    assert [path.name for path in tmp_path.iterdir()] == ["out.nrrd"]


def test_a_nrrd_that_cannot_be_written_leaves_nothing(odd_ct, tmp_path):
    hu, grid = odd_ct
    Path(tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        write_nrrd(tmp_path / "file" / "out.nrrd", hu, grid)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    with pytest.raises(ValueError, match="not on the grid"):
        write_nrrd(tmp_path / "out.nrrd", hu[1:], grid)
