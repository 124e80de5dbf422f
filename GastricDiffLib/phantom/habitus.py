"""A patient's build, and the HU of plain tissues."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

AIR, FAT, MUSCLE, FLUID, GAS = -1000.0, -104.0, 58.0, 12.0, -960.0
MARROW, CORTEX = 170.0, 620.0


@dataclass(frozen=True)
class Habitus:
    """A patient's build, mm and HU. Semi-axes (left-right, front-back) of the outer skin and of
    the muscle wall, the wall's thickness, and how strongly contrast medium enhances."""

    skin: tuple[float, float]
    wall: tuple[float, float]
    wall_mm: float
    square: float
    enhancement: float
    table: bool

    @property
    def cavity(self) -> tuple[float, float]:
        return self.wall[0] - self.wall_mm, self.wall[1] - self.wall_mm

    def at(self, x: float, y: float, z: float) -> np.ndarray:
        """LPS mm of a place given as a share of the cavity (x, y) and a height z in mm."""
        return np.array([x * self.cavity[0], y * self.cavity[1] + self.wall_shift, z])

    @property
    def wall_shift(self) -> float:
        """The wall lies nearer to the back of the skin than to the belly."""
        return 0.25 * (self.skin[1] - self.wall[1])

    @property
    def spine(self) -> np.ndarray:
        return np.array([0.0, self.wall_shift + 0.50 * self.wall[1], 0.0])


def draw_habitus(rng: np.random.Generator) -> Habitus:
    wall = (rng.uniform(128, 158), rng.uniform(94, 120))
    fat = 6 + 30 * rng.beta(1.6, 2.6)
    skin = (wall[0] + fat, wall[1] + 0.85 * fat)
    return Habitus(
        skin=skin,
        wall=wall,
        wall_mm=rng.uniform(8, 14),
        square=rng.uniform(0.2, 0.6),
        enhancement=rng.uniform(0.8, 1.2),
        table=bool(rng.random() < 0.75),
    )
