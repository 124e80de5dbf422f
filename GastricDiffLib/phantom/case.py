"""One phantom case: geometry, body, lesion, look-alikes, scanner, and the doctor's box."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from GastricDiffLib.ct.box import BoxROI
from GastricDiffLib.ct.grid import Grid

from .anatomy import build_body
from .fields import Space
from .habitus import Habitus, draw_habitus
from .lesion import Blob, draw_looks, oriented_blob, paint_blob
from .noise import scan
from .stomach import Stomach, paint_stomach, wall_spot
from .threads import one_blas_thread

DEFAULT_DIFFICULTY = 0.2


@dataclass(frozen=True, eq=False)
class PhantomCase:
    """A synthetic CT with one lesion.

    ``label``: 0 undifferentiated, 1 differentiated. ``volume``: (K, J, I) int16 HU in the
    array order of ``grid``, whatever its orientation; ``lesion_mask``: (K, J, I) bool, the
    lesion without the stray of its margin; ``decoys``: the same for each look-alike.
    """

    case_id: str
    label: int
    volume: NDArray[np.int16]
    grid: Grid
    roi: BoxROI
    lesion_mask: NDArray[np.bool_]
    decoys: tuple[NDArray[np.bool_], ...]
    table: bool


@one_blas_thread
def make_case(
    label: int,
    seed: int | np.random.SeedSequence,
    difficulty: float = DEFAULT_DIFFICULTY,
    case_id: str = "case",
    coarsen: float = 1.0,
) -> PhantomCase:
    """Make a case; equal arguments give an equal case.

    ``difficulty``: 0 (easy) to 1 (hard), draws the classes together and raises the noise.
    ``coarsen``: factor on the in-plane spacing, for quick looks.

    Nothing but the lesion's looks depends on ``label``: every other draw comes from streams
    that never see it, so that two cases of one seed differ inside the lesion only.
    """
    root = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    # A fresh copy: spawning from the caller's own sequence would change its next children.
    root = np.random.SeedSequence(root.entropy, spawn_key=root.spawn_key)
    streams = [np.random.default_rng(child) for child in root.spawn(10)]
    body_rng, grid_rng, organ_rng, spot_rng, look_rng, paint_rng = streams[:6]
    decoy_rng, scan_rng, roi_rng, orient_rng = streams[6:]

    habitus = draw_habitus(body_rng)
    space = _draw_space(habitus, grid_rng, coarsen)
    bent = space.bent(organ_rng, 45.0, 3.5)
    hu = build_body(bent, habitus, organ_rng)
    stomach = paint_stomach(hu, bent, habitus, organ_rng)

    lesion = _draw_lesion(stomach, spot_rng)
    decoys = _paint_decoys(hu, space, habitus, lesion, decoy_rng, difficulty)
    paint_blob(hu, space, lesion, draw_looks(label, look_rng, difficulty), paint_rng)

    noise_hu = scan_rng.uniform(8, 14) * (0.8 + 0.7 * difficulty)
    scanned = scan(hu, space, scan_rng, noise_hu, scan_rng.uniform(0.6, 0.95))
    roi = _draw_box(lesion, roi_rng)
    masks = [blob.distance(space) <= 0 for blob in (lesion, *decoys)]
    return _written(case_id, label, space, scanned, masks, roi, habitus.table, orient_rng)


def _draw_space(habitus: Habitus, rng: np.random.Generator, coarsen: float) -> Space:
    matrix = int(rng.choice([192, 208, 224, 240]))
    field_mm = 2 * habitus.skin[0] * rng.uniform(1.04, 1.22)
    pixel = float(np.clip(field_mm / matrix, 1.2, 2.0))
    thick = float(rng.choice([3.0, 3.75, 4.0, 5.0, 6.0]))
    count = int(np.clip(round(rng.uniform(105, 150) / thick), 24, 40))
    matrix, pixel = max(24, round(matrix / coarsen)), pixel * coarsen
    plane = (np.arange(matrix) - (matrix - 1) / 2) * pixel
    z = (np.arange(count) - (count - 1) / 2) * thick + rng.uniform(-12, 12)
    return Space.whole(z, plane + rng.uniform(-4, 14), plane + rng.uniform(-8, 8))


def _draw_lesion(stomach: Stomach, rng: np.random.Generator) -> Blob:
    semi = np.array([rng.uniform(12, 16), rng.uniform(16, 30), rng.uniform(16, 26)])
    spot, inward = wall_spot(stomach, rng, margin_mm=28.0)
    bulge = rng.uniform(-0.2, 0.6) * semi[0]
    return oriented_blob(spot + bulge * inward, inward, semi, rng.uniform(0, np.pi))


def _paint_decoys(
    hu: np.ndarray,
    space: Space,
    habitus: Habitus,
    lesion: Blob,
    rng: np.random.Generator,
    difficulty: float,
) -> list[Blob]:
    """2 to 4 look-alikes of random class, painted into other organs clear of the lesion."""
    places = np.array(
        [
            (-0.62, 0.05), (-0.45, -0.45), (-0.70, 0.25), (0.74, 0.28),  # liver, spleen
            (0.03, 0.12), (-0.18, -0.1), (0.35, 0.25), (0.1, -0.72), (0.66, -0.35),  # nodes, bowel
        ]
    )  # fmt: skip
    wanted = int(rng.integers(2, 5))
    chosen: list[Blob] = []
    for x, y in rng.permutation(places):
        z = rng.uniform(space.z[0] + 22, space.z[-1] - 22)
        center = habitus.at(x, y, z) + rng.normal(0, 5, 3)
        semi = np.array([rng.uniform(12, 16), rng.uniform(14, 28), rng.uniform(14, 25)])
        blob = oriented_blob(center, rng.standard_normal(3), semi, rng.uniform(0, np.pi))
        looks = draw_looks(int(rng.integers(2)), rng, difficulty)
        own = np.random.default_rng(rng.integers(2**63))
        clear = all(
            bool(np.any(np.abs(center - other.center) > blob.reach + other.reach + 8))
            for other in (lesion, *chosen)
        )
        if clear and len(chosen) < wanted:
            paint_blob(hu, space, blob, looks, own)
            chosen.append(blob)
    return chosen


def _draw_box(lesion: Blob, rng: np.random.Generator) -> BoxROI:
    """A box around the lesion, each side loose by 10 to 30 % of the lesion's half-width."""
    turn = np.radians(rng.uniform(-15, 15)) if rng.random() < 0.2 else 0.0
    c, s = np.cos(turn), np.sin(turn)
    axes = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    half = np.sqrt(((axes.T @ lesion.axes * lesion.semi) ** 2).sum(axis=1))
    low, high = half * rng.uniform(1.1, 1.3, 3), half * rng.uniform(1.1, 1.3, 3)
    return BoxROI(
        center_lps=lesion.center + axes @ ((high - low) / 2),
        axes_lps=axes,
        size_mm=low + high,
        name="Lesion",
    )


def _written(
    case_id: str,
    label: int,
    space: Space,
    scanned: np.ndarray,
    masks: list[np.ndarray],
    roi: BoxROI,
    table: bool,
    rng: np.random.Generator,
) -> PhantomCase:
    """Store the axial arrays with axes permuted and flipped at random, and moved in space."""
    order = (0, 1, 2) if rng.random() < 0.5 else tuple(int(n) for n in rng.permutation(3))
    flips = rng.random(3) < 0.5
    shift = rng.uniform((-30, -220, -900), (30, -120, 200))
    axial = np.eye(4)  # columns: step along L, P, S
    axial[[0, 1, 2], [0, 1, 2]] = (space.pixel_mm, space.pixel_mm, space.slice_mm)
    axial[:3, 3] = np.array([space.x[0], space.y[0], space.z[0]]) + shift
    to_lps = axial.copy()
    for stored, source in enumerate(order):
        step = axial[:3, 2 - source]
        count = scanned.shape[source]
        to_lps[:3, 2 - stored] = -step if flips[stored] else step
        if flips[stored]:
            to_lps[:3, 3] += (count - 1) * step

    def stored_view(array: np.ndarray) -> np.ndarray:
        turned = np.flip(array.transpose(order), axis=tuple(np.flatnonzero(flips)))
        return np.ascontiguousarray(turned)

    volume = stored_view(scanned)
    moved = BoxROI(
        center_lps=roi.center_lps + shift,
        axes_lps=roi.axes_lps,
        size_mm=roi.size_mm,
        name=roi.name,
    )
    lesion_mask, *decoys = (stored_view(mask) for mask in masks)
    grid = Grid(shape=volume.shape, ijk_to_lps=to_lps)
    return PhantomCase(case_id, label, volume, grid, moved, lesion_mask, tuple(decoys), table)
