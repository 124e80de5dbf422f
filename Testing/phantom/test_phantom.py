"""One phantom case: what is where, what HU it has, and how the doctor's box lies."""

from __future__ import annotations

import numpy as np
import pytest

from GastricDiffLib.ct import CTVolume
from GastricDiffLib.phantom import PhantomCase, make_case
from GastricDiffLib.phantom.anatomy import build_body
from GastricDiffLib.phantom.fields import Space
from GastricDiffLib.phantom.habitus import draw_habitus
from GastricDiffLib.phantom.stomach import paint_stomach, wall_spot

SEEDS = (11, 12, 13, 14)


@pytest.fixture(scope="module")
def cases() -> list[PhantomCase]:
    return [make_case(seed % 2, seed) for seed in SEEDS]


def axial(case: PhantomCase) -> CTVolume:
    return CTVolume.from_array(case.volume, case.grid.ijk_to_lps)


def axial_mask(case: PhantomCase, mask: np.ndarray) -> np.ndarray:
    return CTVolume.from_array(mask.astype(np.int16), case.grid.ijk_to_lps).hu > 0


def test_the_same_seed_gives_the_same_case(cases: list[PhantomCase]) -> None:
    again = make_case(cases[0].label, SEEDS[0])
    assert np.array_equal(again.volume, cases[0].volume)
    assert np.array_equal(again.grid.ijk_to_lps, cases[0].grid.ijk_to_lps)
    assert np.array_equal(again.roi.corners_lps(), cases[0].roi.corners_lps())


def test_a_seed_sequence_can_be_used_twice() -> None:
    seed = np.random.SeedSequence(5).spawn(1)[0]
    first, second = (make_case(0, seed, coarsen=4) for _ in range(2))
    assert np.array_equal(first.volume, second.volume)


def test_another_seed_gives_another_body(cases: list[PhantomCase]) -> None:
    assert len({case.volume.tobytes() for case in cases}) == len(cases)


def test_cases_are_small_ct_volumes(cases: list[PhantomCase]) -> None:
    for case in cases:
        volume = axial(case)
        depth, height, width = volume.hu.shape
        assert case.volume.dtype == np.int16
        assert 24 <= depth <= 40 and height == width and 192 <= width <= 256
        dz, dy, dx = volume.spacing_mm
        assert 3 <= dz <= 6 and 1.2 <= dx <= 2.0 and dx == pytest.approx(dy)
        assert not volume.resampled


def test_orientation_varies() -> None:
    steps = [make_case(0, seed, coarsen=6).grid.ijk_to_lps[:3, :3] for seed in range(12)]
    assert len({np.sign(np.round(step, 6)).tobytes() for step in steps}) > 5


def test_tissues_have_their_hu() -> None:
    rng = np.random.default_rng(4)
    habitus = draw_habitus(rng)
    plane = np.arange(-190, 190, 2.0)
    space = Space.whole(np.arange(-50, 60, 5.0), plane, plane)
    hu = build_body(space, habitus, rng)

    def around(x: float, y: float, z: float, reach: float) -> np.ndarray:
        return hu[space.around(habitus.at(x, y, z), reach).index]

    assert hu[:, 0, 0].max() == -1000
    assert 80 < np.median(around(-0.6, 0.1, 30, 12)) < 150  # liver
    assert 80 < np.median(around(0.74, 0.3, 25, 6)) < 160  # spleen
    spine = hu[space.around(habitus.spine, (28, 24, 40)).index]
    assert spine.max() > 400 and 100 < np.median(spine) < 350
    beside_skin = hu[:, len(plane) // 2, :][hu[:, len(plane) // 2, :] > -500]
    assert np.percentile(beside_skin, 10) == pytest.approx(-104, abs=12)  # fat


def test_gas_lies_in_front_of_fluid_with_a_level_between() -> None:
    rng = np.random.default_rng(8)
    habitus = draw_habitus(rng)
    plane = np.arange(-190, 190, 2.0)
    space = Space.whole(np.arange(-50, 60, 5.0), plane, plane)
    hu = build_body(space, habitus, rng)
    stomach = paint_stomach(hu, space, habitus, rng)
    lumen = stomach.outer < -(stomach.wall_mm + 8)
    part = hu[stomach.space.index]
    rows = np.broadcast_to(stomach.space.y[None, :, None], part.shape)
    gas, fluid = lumen & (part < -900), lumen & (np.abs(part - 20) < 40)
    assert gas.sum() > 50 and fluid.sum() > 50
    assert rows[gas].max() <= rows[fluid].min()


def test_the_lesion_stands_on_the_stomach_wall() -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        habitus = draw_habitus(rng)
        plane = np.arange(-190, 190, 3.0)
        space = Space.whole(np.arange(-60, 60, 5.0), plane, plane)
        hu = np.zeros(tuple(map(len, (space.z, space.y, space.x))), dtype=np.float32)
        stomach = paint_stomach(hu, space, habitus, rng)
        spot, inward = wall_spot(stomach, rng, margin_mm=28)

        def depth(point: np.ndarray, stomach=stomach) -> float:
            block = stomach.space.around(point, 4)
            start = stomach.space.index
            local = tuple(
                slice(a.start - b.start, a.stop - b.start)
                for a, b in zip(block.index, start, strict=True)
            )
            return float(stomach.outer[local].mean())

        assert abs(depth(spot) + stomach.wall_mm / 2) < 4
        assert depth(spot + 12 * inward) < -8 and depth(spot - 12 * inward) > 4
        assert abs(spot[2]) <= 60 - 28


def test_the_lesion_is_tissue_in_the_middle_of_its_mask(cases: list[PhantomCase]) -> None:
    for case in cases:
        hu = case.volume[case.lesion_mask]
        assert 0 < np.median(hu) < 180
        assert case.lesion_mask.sum() > 200


def test_the_box_covers_the_lesion_loosely_and_off_centre(cases: list[PhantomCase]) -> None:
    loose = []
    for case in [*cases, *(make_case(0, seed, coarsen=2) for seed in range(20, 28))]:
        kji = np.argwhere(case.lesion_mask)
        lps = case.grid.to_lps(kji[:, ::-1])
        local = (lps - case.roi.center_lps) @ case.roi.axes_lps
        half = case.roi.size_mm / 2
        voxel = np.abs(case.grid.ijk_to_lps[:3, :3]).max(axis=1)
        assert np.all(np.abs(local) <= half)
        extent = (local.max(axis=0) - local.min(axis=0)) / 2
        low, high = half + local.min(axis=0), half - local.max(axis=0)
        for gap in (low, high):
            assert np.all(gap >= 0.1 * extent - 1e-6)
            assert np.all(gap <= 0.3 * (extent + voxel) + voxel)
        loose.append((high - low) / extent)
    assert np.mean(np.abs(np.array(loose)) > 0.02) > 0.5


def test_some_boxes_are_turned_and_most_are_not() -> None:
    aligned = [make_case(0, seed, coarsen=6).roi.is_axis_aligned for seed in range(40)]
    assert 24 <= sum(aligned) < 40


def test_look_alikes_stand_clear_of_the_lesion(cases: list[PhantomCase]) -> None:
    for case in cases:
        assert 2 <= len(case.decoys) <= 4
        for decoy in case.decoys:
            assert not np.any(decoy & case.lesion_mask)
            assert decoy.sum() > 100


def test_the_box_fits_into_the_volume(cases: list[PhantomCase]) -> None:
    for case in cases:
        volume = axial(case)
        inside = axial_mask(case, case.lesion_mask)
        k = int(np.argmax(inside.sum(axis=(1, 2))))
        assert np.all(case.roi.mask(volume, k)[inside[k]])
