"""The stomach: a bent tube with wall and folds, filled with fluid below and gas above."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .fields import Space, paint, soft
from .habitus import FLUID, GAS, Habitus


@dataclass(frozen=True, eq=False)
class Stomach:
    """``outer``: signed distance (mm, negative inside) from the stomach's surface on ``space``;
    ``wall_mm``: thickness of its wall."""

    space: Space
    outer: np.ndarray
    wall_mm: float


def paint_stomach(
    hu: np.ndarray, space: Space, habitus: Habitus, rng: np.random.Generator
) -> Stomach:
    px, at = space.pixel_mm, habitus.at
    size = rng.uniform(0.85, 1.15)
    path = np.array(
        [at(0.42, 0.05, 48), at(0.46, -0.22, 10), at(0.30, -0.42, -25), at(-0.05, -0.40, -46)]
    ) + rng.normal(0, 6, (4, 3))
    radii = size * np.array([36.0, 37.0, 28.0, 17.0]) * rng.uniform(0.92, 1.08, 4)
    near = space.near(path.min(axis=0) - 60, path.max(axis=0) + 60)
    outer = near.chain(path, radii, blend=22.0) + 2.2 * near.field(rng, 16.0)
    wall_mm = rng.uniform(4.0, 6.0)
    folds = np.clip(near.field(rng, 6.5) - 0.3, 0, 1.6) * rng.uniform(1.0, 4.0)
    inner = outer + wall_mm + folds
    wall = 92 * habitus.enhancement + 6 * near.field(rng, 5.0)
    paint(hu, near, soft(outer - 3.0, 4.0), -98.0)  # omental fat keeps it off its neighbours
    paint(hu, near, soft(outer, 1.5 * px), wall)
    lumen = soft(inner, 1.5 * px)
    fluid = FLUID + rng.uniform(-6, 22) + 5 * near.field(rng, 8.0)
    paint(hu, near, lumen, fluid)
    top, bottom = path[:, 1].min() - radii.max(), path[:, 1].max() + radii.max()
    level = top + rng.uniform(0.2, 0.6) * (bottom - top)
    flat = (near.y - level).astype(np.float32)[None, :, None]  # gravity ignores the warp
    paint(hu, near, lumen * soft(flat, px), GAS)
    return Stomach(near, outer, wall_mm)


def wall_spot(
    stomach: Stomach, rng: np.random.Generator, margin_mm: float
) -> tuple[np.ndarray, np.ndarray]:
    """A random place in the middle of the wall (x, y, z mm) and the unit vector into the lumen.

    It keeps ``margin_mm`` from the first and last slice where the stack is high enough.
    """
    space = stomach.space
    middle = np.abs(stomach.outer + 0.5 * stomach.wall_mm) < 0.75 * space.pixel_mm
    low, high = space.z[0] + margin_mm, space.z[-1] - margin_mm
    allowed = middle & ((space.z >= low) & (space.z <= high))[:, None, None]
    k, j, i = np.nonzero(allowed if allowed.any() else middle)
    pick = int(rng.random() * len(k))
    k, j, i = k[pick], j[pick], i[pick]
    slope = []
    for axis, mm, n in zip(
        range(3), (space.slice_mm, space.pixel_mm, space.pixel_mm), (k, j, i), strict=True
    ):
        line = stomach.outer[tuple(slice(None) if a == axis else (k, j, i)[a] for a in range(3))]
        slope.append(float(np.gradient(line, mm)[n]))
    inward = -np.array(slope[::-1])
    return np.array([space.x[i], space.y[j], space.z[k]]), inward / np.linalg.norm(inward)
