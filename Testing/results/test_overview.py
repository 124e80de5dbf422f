"""The overview picture: its panels, and that it can be drawn for any result."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_results import made_box, made_case, made_grid, made_hu, made_result
from matplotlib.figure import Figure
from PIL import Image

from GastricDiffLib.ct import BoxROI, CTVolume, read_roi, read_volume
from GastricDiffLib.results.overview import ROI, write_overview
from GastricDiffLib.results.palette import HEAT_FLOOR, heat_rgba
from GastricDiffLib.results.panels import SlicePanels
from GastricDiffLib.results.tables import roi_runs


@pytest.fixture(scope="module")
def case():
    return made_case()


def picture(path, volume, boxes, result):
    write_overview(path, volume, boxes, result)
    with Image.open(path) as image:
        assert image.size == (1680, 1320)
        assert "Software" not in image.info
        return np.asarray(image.convert("RGB")).astype(int)


def colour_count(pixels, colour):
    rgb = [int(colour[n : n + 2], 16) for n in (1, 3, 5)]
    return int((np.abs(pixels - rgb).max(axis=2) < 12).sum())


def edges_are_empty(pixels):
    """Nothing is cut off: the outermost pixels show only the background."""
    border = (pixels[:6], pixels[-6:], pixels[:, :6], pixels[:, -6:])
    return all((part == pixels[0, 0]).all() for part in border)


def sized(count, scope="all"):
    grid = made_grid(shape=(count, 40, 56))
    volume = CTVolume.from_array(made_hu(shape=(count, 40, 56)), grid.ijk_to_lps)
    boxes = [made_box(grid)]
    return volume, boxes, made_result(volume, boxes, scope)


def test_the_picture_shows_roi_heat_and_vote(case, tmp_path):
    volume, boxes, result = case
    pixels = picture(tmp_path / "a.png", volume, boxes, result)
    assert colour_count(pixels, ROI) > 1000
    assert edges_are_empty(pixels)
    cold = picture(
        tmp_path / "b.png", volume, boxes, replace(result, heat=np.zeros_like(result.heat))
    )
    panels = (slice(200, 820), slice(50, 1500))
    warm = (np.ptp(pixels, axis=2) - np.ptp(cold, axis=2))[panels] > 40
    assert warm.sum() > 1000, "the heat is not to be seen"
    assert (pixels == cold)[panels].all(axis=2).mean() > 0.9, "the heat hides the anatomy"


@pytest.mark.parametrize("count", [1, 2, 3, 300])
def test_it_can_be_drawn_for_any_number_of_slices(tmp_path, count):
    pixels = picture(tmp_path / "a.png", *sized(count))
    assert edges_are_empty(pixels)
    assert colour_count(pixels, ROI) > 300


def test_long_notes_names_and_classes_are_not_cut_off_at_the_edges(case, tmp_path):
    volume, boxes, result = case
    wordy = replace(
        result,
        notes=("a note that goes on and on " * 30,) * 3,
        classes=(
            "a negative class with a long name",
            "a positive class whose name is longer still",
        ),
        model=replace(result.model, name="model " + "x" * 200),
        device="a device of a very long name " * 3,
        heat_kind="a kind of heat with a very long name, longer than the bar",
    )
    assert edges_are_empty(picture(tmp_path / "a.png", volume, boxes, wordy))


def test_a_rotated_box_reaching_out_of_the_image_is_still_drawn_whole(case, tmp_path):
    volume, boxes, result = case
    axes = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1.0]])
    big = BoxROI(boxes[0].center_lps, axes, np.array([150.0, 90.0, 20.0]))
    panels = SlicePanels(volume, [big], result)
    (x_low, x_high), (y_low, y_high) = panels.limits_mm(1.5)
    for k in range(len(result.p)):
        polygon = big.polygon(volume, int(result.slice_index[k])) * volume.spacing_mm[1:]
        assert x_low < polygon[:, 1].min() and polygon[:, 1].max() < x_high
        assert y_low < polygon[:, 0].min() and polygon[:, 0].max() < y_high
    assert (x_high - x_low) / (y_high - y_low) == pytest.approx(1.5)


def test_slices_are_spread_evenly_over_the_roi_from_inferior_to_superior():
    volume, _, _ = sized(60)
    box = made_box(volume.grid, size=(26.0, 20.0, 120.0))
    result = made_result(volume, [box], "all")
    chosen = SlicePanels(volume, [box], result).chosen
    assert len(chosen) == 6
    assert result.in_roi[chosen].all()
    assert np.ptp(np.diff(result.position_mm[chosen])) <= volume.spacing_mm[0]
    assert result.position_mm[chosen[0]] < result.position_mm[chosen[-1]]


def test_without_a_slice_in_the_roi_others_are_shown(case, tmp_path):
    volume, boxes, result = case
    outside = replace(result, in_roi=np.zeros(5, bool))
    assert SlicePanels(volume, boxes, outside).chosen == [0, 1, 3, 4]
    assert edges_are_empty(picture(tmp_path / "a.png", volume, boxes, outside))


def test_slices_are_shown_with_the_patients_right_on_the_left_and_anterior_up(case):
    volume, boxes, result = case
    axes = Figure().add_axes((0, 0, 1, 1))
    SlicePanels(volume, boxes, result).draw(axes, 2, "white")
    shown = np.asarray(axes.images[0].get_array())
    left, right, bottom, top = axes.images[0].get_extent()
    k = round((result.position_mm[2] - volume.origin_lps[2]) / volume.spacing_mm[0])
    np.testing.assert_array_equal(shown, volume.hu[k])
    assert left < right and top < bottom
    assert (right - left, bottom - top) == pytest.approx((56 * 2.0, 40 * 1.5))


def test_heat_in_a_panel_stands_at_the_middle_of_the_box(case):
    volume, boxes, result = case
    axes = Figure().add_axes((0, 0, 1, 1))
    SlicePanels(volume, boxes, result).draw(axes, 2, "white")
    alpha = np.asarray(axes.images[1].get_array())[..., 3]
    y, x = np.unravel_index(alpha.argmax(), alpha.shape)
    middle = boxes[0].center_lps[:2] - volume.origin_lps[:2]
    assert abs(x * 2.0 - middle[0]) <= 2 and abs(y * 1.5 - middle[1]) <= 2
    assert (alpha == 0).mean() > 0.8


def test_the_body_fills_the_panels_and_the_arms_are_cropped():
    hu = made_hu(shape=(6, 80, 160))
    hu[:, 35:45, 0:6] = 50
    grid = made_grid(shape=hu.shape)
    volume = CTVolume.from_array(hu, grid.ijk_to_lps)
    boxes = [made_box(grid)]
    (x_low, _), _ = SlicePanels(volume, boxes, made_result(volume, boxes)).limits_mm(1.0)
    assert x_low > 6 * 2.0


def test_a_volume_of_air_is_shown_whole(case, tmp_path):
    grid = made_grid()
    volume = CTVolume.from_array(np.full(grid.shape, -1000, np.int16), grid.ijk_to_lps)
    boxes = [made_box(grid)]
    (x_low, x_high), _ = SlicePanels(volume, boxes, made_result(volume, boxes)).limits_mm(1.0)
    assert x_low <= 0 and x_high >= 55 * 2.0


def test_the_plot_shades_each_run_of_roi_slices(case):
    result = replace(case[2], in_roi=np.array([True, False, True, True, False]))
    position = result.position_mm
    assert roi_runs(result) == [
        (position[0] - 2, position[0] + 2),
        (position[2] - 2, position[3] + 2),
    ]
    assert roi_runs(replace(result, in_roi=np.zeros(5, bool))) == []


def test_low_heat_has_no_colour_and_strong_heat_lets_anatomy_through():
    rgba = heat_rgba(101)
    low = np.linspace(0, 1, 101) < HEAT_FLOOR
    assert (rgba[low, 3] == 0).all() and (rgba[~low, 3] > 0).all()
    assert rgba[:, 3].max() < 0.8
    luminance = rgba[:, :3] @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(luminance) > 0).all()


def test_the_real_abdomen_is_drawn(shared_data, tmp_path):
    volume = read_volume(shared_data / "abdomen-dicom")
    boxes = read_roi(shared_data / "abdomen-roi.mrk.json")
    result = made_result(volume, boxes)
    assert len(result.p) == 20 and result.in_roi.all()
    pixels = picture(tmp_path / "a.png", volume, boxes, result)
    assert edges_are_empty(pixels) and colour_count(pixels, ROI) > 1000
