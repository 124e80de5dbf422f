"""The abdomen around the stomach: body wall, bones, solid organs, vessels and bowel, in HU."""

# ruff: noqa: RUF005 -- array + tuple is a shifted place here, no concatenation

from __future__ import annotations

import numpy as np

from .fields import Space, paint, scaled_distance, soft
from .habitus import AIR, CORTEX, FAT, GAS, MARROW, MUSCLE, Habitus


def build_body(space: Space, habitus: Habitus, rng: np.random.Generator) -> np.ndarray:
    """HU (S, P, L) float32 of a body without stomach, before blur and noise."""
    hu = np.full(tuple(len(axis) for axis in (space.z, space.y, space.x)), AIR, dtype=np.float32)
    px = space.pixel_mm
    skin = _outline(space, habitus.skin, 0.0, habitus.square)
    wall = _outline(space, habitus.wall, habitus.wall_shift, 0.5 * habitus.square)
    if habitus.table:
        _paint_table(hu, space, habitus)
    paint(hu, space, soft(skin, 1.2 * px), 45.0)
    paint(hu, space, soft(skin + 2.2, 1.5 * px), FAT)
    septa = np.abs(space.field(rng, 9.0))
    paint(hu, space, soft(skin + 4, px) * np.clip(0.10 - septa, 0, 1) * 3, 0.0)
    paint(hu, space, soft(wall, 1.5 * px), MUSCLE + 6 * space.field(rng, 6.0))
    thin = 3.0 * space.field(rng, 28.0)
    inside = wall + habitus.wall_mm + thin
    cavity = soft(inside, 1.5 * px)
    paint(hu, space, cavity, FAT + 7 * space.field(rng, 10.0))
    _paint_ribs(hu, space, wall + 0.5 * habitus.wall_mm, rng)
    _paint_mesentery(hu, space, inside, rng)
    _paint_back(hu, space, habitus, rng)
    _paint_organs(hu, space, habitus, inside, rng)
    _paint_vessels(hu, space, habitus)
    _paint_bowel(hu, space, habitus, inside, rng)
    return hu


def _outline(space: Space, semi: tuple[float, float], shift: float, square: float) -> np.ndarray:
    """Signed distance from an oval between an ellipse (square=0) and a box (square=1)."""
    a, b = semi
    u = (space.warped[0] / np.float32(a)) ** 2
    v = ((space.warped[1] - np.float32(shift)) / np.float32(b)) ** 2
    q = (1 - square) * np.sqrt(u + v) + square * np.sqrt(np.sqrt(u * u + v * v))
    return (q - 1) * (a * u + b * v) / np.maximum(u + v, np.float32(1e-4))


def _paint_table(hu: np.ndarray, space: Space, habitus: Habitus) -> None:
    top = habitus.skin[1] + 1.0
    y, x = space.y[None, :, None], space.x[None, None, :]
    bow = y - (top - 0.0005 * x**2)
    across = soft((np.abs(x) - 205).astype(np.float32), 3.0)
    foam = soft((np.abs(bow - 16) - 15).astype(np.float32), space.pixel_mm) * across
    shell = soft((np.abs(np.abs(bow - 16) - 15) - 2.2).astype(np.float32), 1.5 * space.pixel_mm)
    paint(hu, space, foam, -930.0)
    paint(hu, space, shell * across, 60.0)


def _paint_ribs(hu: np.ndarray, space: Space, middle: np.ndarray, rng: np.random.Generator) -> None:
    gap, phase, slope = rng.uniform(30, 38), rng.uniform(0, 30), rng.uniform(48, 66)
    k, j, i = np.nonzero((np.abs(middle) < 8) & (space.warped[1] > -0.6 * space.y.max()))
    angle = np.arctan2(np.abs(space.warped[0][k, j, i]), space.warped[1][k, j, i])
    height = space.warped[2][k, j, i] + slope * angle + phase
    along = (height + gap / 2) % gap - gap / 2
    off = np.sqrt((along / 1.6) ** 2 + middle[k, j, i] ** 2) - 4.2
    ends = soft((angle - 2.0).astype(np.float32), 0.1)
    cover = (soft(off, 1.3 * space.pixel_mm) * ends).astype(np.float32)
    value = MARROW + (CORTEX - MARROW) * (1 - soft(off + 2.2, 1.5))
    hu[k, j, i] += cover * (value - hu[k, j, i])


def _paint_mesentery(
    hu: np.ndarray, space: Space, inside: np.ndarray, rng: np.random.Generator
) -> None:
    """Small vessels in the fat: where two smooth fields are both near zero, there runs a curve."""
    tubes = np.hypot(space.field(rng, 17.0), space.field(rng, 17.0))
    paint(hu, space, np.clip(2.2 - 16 * tubes, 0, 1) * soft(inside + 6, 4.0), 105.0)


def _paint_back(hu: np.ndarray, space: Space, habitus: Habitus, rng: np.random.Generator) -> None:
    """Back muscles, psoas, crura, and the spine with discs, canal and processes."""
    px, mid = space.pixel_mm, habitus.spine
    block = space.near(mid + (-75, -35, -1e4), mid + (75, 75, 1e4))
    streaks = MUSCLE - 5 + 14 * block.field(rng, 4.0)
    tall = 1e4
    psoas = rng.uniform(9, 14)
    for side in (-1, 1):
        back = block.ellipsoid(mid + (side * 34, 30, 0), (29, 19, tall), side * -12)
        paint(hu, block, soft(back, 1.5 * px), streaks)
        beside = block.ellipsoid(mid + (side * 31, 2, 0), (psoas, 1.3 * psoas, tall), side * 15)
        paint(hu, block, soft(beside, 1.5 * px), streaks)
        crus = block.ellipsoid(mid + (side * 15, -19, 0), (9, 5, tall), side * 35)
        paint(hu, block, soft(crus, 1.5 * px), MUSCLE + 8)
    level = (block.warped[2] + rng.uniform(0, 36)) % 36.0
    disc = soft(np.abs(level - 18) - 4.0, 3.0)
    trabecular = MARROW + 35 * block.field(rng, 3.5)
    for distance in _spine_parts(block, mid, level):
        rim = 1 - soft(distance + 2.0, 1.5 * px)
        bone = trabecular + (CORTEX - 120 - MARROW) * rim
        paint(hu, block, soft(distance, 1.3 * px), bone)
    body = block.ellipsoid(mid, (21, 15.5, tall))
    paint(hu, block, soft(body, 1.3 * px) * disc, 85.0)
    canal = block.ellipsoid(mid + (0, 22.5, 0), (10.5, 8, tall))
    paint(hu, block, soft(canal, 1.5 * px), 32.0)


def _spine_parts(block: Space, mid: np.ndarray, level: np.ndarray) -> list[np.ndarray]:
    x, y = np.abs(block.warped[0]), block.warped[1] - np.float32(mid[1])
    arch = np.maximum(y - 46, 0) + np.abs(level - 18) * 0.12
    lamina = scaled_distance((x, y - 21, 0 * y), (15.5, 14.0, 1.0)) + 0.25 * np.abs(level - 18)
    spinous = np.hypot(x, np.clip(np.abs(y - 44) - 11, 0, None)) - 4.2 + arch
    rise = np.abs(level - 4)
    transverse = np.hypot(y - 16 - 0.15 * x, np.clip(np.abs(x - 24) - 14, 0, None)) - 5 + 0.5 * rise
    return [transverse, spinous, lamina, block.ellipsoid(mid, (22.5, 16.5, 1e4))]


def _paint_organs(
    hu: np.ndarray, space: Space, habitus: Habitus, inside: np.ndarray, rng: np.random.Generator
) -> None:
    px, (ac, bc), gain = space.pixel_mm, habitus.cavity, habitus.enhancement
    cavity = soft(inside + 2.5, 1.5 * px)
    tilt = rng.uniform(-8, 8)
    right = space.ellipsoid(habitus.at(-0.56, 0.02, 30), (0.50 * ac, 0.86 * bc, 105), tilt)
    left = space.ellipsoid(
        habitus.at(-0.12, -0.52, 38), (0.52 * ac, 0.30 * bc, rng.uniform(48, 75)), -12 + tilt
    )
    h = np.clip(14 - np.abs(right - left), 0, None)
    liver = np.minimum(right, left) - h * h / 56 + 2.0 * space.field(rng, 14.0)
    hepatic = 108 * gain + 4 * space.field(rng, 8.0)
    tubes = np.hypot(space.field(rng, 26.0), space.field(rng, 26.0))
    hepatic += 55 * gain * np.clip(2.0 - 8 * tubes, 0, 1)
    paint(hu, space, soft(liver, 1.5 * px) * cavity, hepatic)

    bladder = habitus.at(rng.uniform(-0.42, -0.3), -0.42, -28)
    near = space.around(bladder, 45)
    sac = near.ellipsoid(bladder, (rng.uniform(11, 17), rng.uniform(13, 20), 28), 20)
    paint(hu, near, soft(sac, 1.5 * px), 70.0)
    paint(hu, near, soft(sac + 2.2, 1.5 * px), 9.0)

    spot = habitus.at(0.74, 0.30, 25)
    near = space.around(spot, (70, 80, 90))
    spleen = near.ellipsoid(spot, (0.21 * ac, 0.44 * bc, rng.uniform(42, 60)), 22)
    spleen += 2.0 * near.field(rng, 16.0)
    paint(hu, near, soft(spleen, 1.5 * px) * cavity[near.index], 120 * gain)
    for side in (-1, 1):
        _paint_kidney(hu, space, habitus, side, rng)


def _paint_kidney(
    hu: np.ndarray, space: Space, habitus: Habitus, side: int, rng: np.random.Generator
) -> None:
    px, gain = space.pixel_mm, habitus.enhancement
    spot = habitus.spine + (side * rng.uniform(58, 66), -6, -38 if side > 0 else -48)
    spot[2] += rng.uniform(-12, 12)
    near = space.around(spot, (48, 52, 75))
    kidney = near.ellipsoid(spot, (25, 29, rng.uniform(48, 58)), side * 28)
    kidney += 1.2 * near.field(rng, 9.0)
    halo = near.ellipsoid(spot, (35, 38, 64), side * 28)
    paint(hu, near, soft(halo, 8.0), FAT)
    paint(hu, near, soft(kidney, 1.4 * px), 185 * gain)
    pyramids = np.clip(0.5 + 1.3 * near.field(rng, 6.0), 0, 1)
    paint(hu, near, soft(kidney + 7, 3.0) * pyramids, 125 * gain)
    sinus = near.ellipsoid(spot - (side * 10, 4, 0), (13, 11, 26), side * 20)
    paint(hu, near, soft(sinus + 2 * near.field(rng, 8.0), 3.0), -60.0)


def _paint_vessels(hu: np.ndarray, space: Space, habitus: Habitus) -> None:
    px, gain, front = space.pixel_mm, habitus.enhancement, habitus.spine + (0, -16, 0)
    vessels = (
        ((10, -11, 0), (10.5, 10.5, 1e4), 175.0),  # aorta
        ((-20, -8, 0), (12.5, 9.0, 1e4), 140.0),  # vena cava
        ((3, -34, -20), (4.2, 4.2, 90), 165.0),  # superior mesenteric artery
        ((-7, -36, -40), (6.0, 5.5, 80), 145.0),  # superior mesenteric vein
    )
    for shift, semi, value in vessels:
        spot = front + shift
        near = space.near(spot + (-26, -24, -1e4), spot + (26, 24, 1e4))
        tube = near.ellipsoid(spot, semi)
        paint(hu, near, soft(tube, 1.5 * px), value * gain)


def _paint_bowel(
    hu: np.ndarray, space: Space, habitus: Habitus, inside: np.ndarray, rng: np.random.Generator
) -> None:
    """Pancreas, colon with gas and stool, and small-bowel loops below the stomach."""
    px, at, gain = space.pixel_mm, habitus.at, habitus.enhancement
    cavity = soft(inside + 2, 1.5 * px)
    head = [at(-0.20, 0.10, -38), at(-0.02, -0.02, -24), at(0.2, 0.04, -8), at(0.52, 0.22, 8)]
    pancreas = np.array(head) + rng.normal(0, 4, (4, 3))
    near = space.near(pancreas.min(axis=0) - 30, pancreas.max(axis=0) + 30)
    lobes = near.chain(pancreas, (14, 10, 9.5, 9)) + 1.8 * near.field(rng, 5.0)
    paint(hu, near, soft(lobes, 1.8 * px), 98 * gain + 8 * near.field(rng, 3.5))
    vein = pancreas + (0, 9, 2)
    paint(hu, near, soft(near.chain(vein, (5, 4.2, 4, 3.5)), 1.5 * px), 148 * gain)

    transverse = [at(-0.75, -0.1, -80), at(-0.5, -0.6, -66), at(0.0, -0.74, -74)]
    transverse += [at(0.55, -0.6, -55), at(0.80, -0.12, -25), at(0.80, 0.28, -70)]
    colon = np.array(transverse) + rng.normal(0, 6, (6, 3))
    _paint_loop(hu, space, colon, rng.uniform(17, 23), rng.uniform(0.2, 1.0), cavity, rng)
    for _ in range(5):
        start = at(rng.uniform(-0.1, 0.65), rng.uniform(-0.5, 0.2), rng.uniform(-110, -62))
        path = start + np.cumsum(rng.normal(0, (26, 20, 9), (4, 3)), axis=0)
        _paint_loop(hu, space, path, rng.uniform(10, 14), rng.uniform(-0.6, 0.4), cavity, rng)


def _paint_loop(
    hu: np.ndarray,
    space: Space,
    path: np.ndarray,
    radius: float,
    gas: float,
    cavity: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """One bowel loop; ``gas`` −1…1 is the level, as a share of the radius below the top."""
    px = space.pixel_mm
    near = space.near(path.min(axis=0) - radius - 12, path.max(axis=0) + radius + 12)
    tube = near.chain(path, [radius] * len(path)) + 2.2 * near.field(rng, 11.0)
    inside = cavity[near.index]
    paint(hu, near, soft(tube, 1.5 * px) * inside, 88.0)
    stool = 25 + 30 * near.field(rng, 5.0)
    lumen = soft(tube + 3.0, 1.5 * px)
    paint(hu, near, lumen * inside, stool)
    level = near.warped[1] - np.float32(path[:, 1].mean() + (gas - 1) * radius * 1.2)
    paint(hu, near, lumen * soft(level, px) * inside, GAS)
