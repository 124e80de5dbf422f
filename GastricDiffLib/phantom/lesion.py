"""The lesion in the stomach wall: its shape, and its looks, which alone carry the label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .fields import Point, Space, paint, scaled_distance, soft

FINE_MM, COARSE_MM = 7.0, 15.0
CUES = ("mix", "contrast", "margin", "enhancement", "layering")


@dataclass(frozen=True)
class Looks:
    """How a lesion looks. The class moves all five numbers a little, chance moves them more.

    ``coarse``: share of coarse texture 0…1; ``contrast_hu``: the texture's SD;
    ``ragged_mm``: how far the margin strays; ``mean_hu``; ``layer_hu``: how much brighter
    the layer next to the lumen is than the middle.
    """

    coarse: float
    contrast_hu: float
    ragged_mm: float
    mean_hu: float
    layer_hu: float


def separation(difficulty: float) -> float:
    """Distance of a cue's class means from their middle, in within-class SDs."""
    return float(2.0 * (0.28 / 2.0) ** difficulty)


def draw_looks(label: int, rng: np.random.Generator, difficulty: float) -> Looks:
    """Undifferentiated (0): fine, uneven, ragged, dark, layered; differentiated (1): the opposite.

    Each cue alone shows little: the classes overlap on every one of them.
    """
    shift = separation(difficulty) * (1 if label else -1)
    mix, contrast, margin, enhancement, layering = np.clip(
        shift + rng.standard_normal(len(CUES)), -2.6, 2.6
    )
    return Looks(
        coarse=_logistic(2.5 * mix),
        contrast_hu=float(23.0 * np.exp(-0.40 * np.clip(contrast, -1.8, 1.8))),
        ragged_mm=0.3 + 3.6 * _logistic(-1.5 * margin),
        mean_hu=float(84.0 + 16.0 * enhancement),
        layer_hu=45.0 * _logistic(-1.4 * layering),
    )


def _logistic(t: float) -> float:
    return float(1 / (1 + np.exp(-t)))


@dataclass(frozen=True, eq=False)
class Blob:
    """An ellipsoid: centre (x, y, z) and semi-axes in mm; ``axes`` (3, 3) has unit columns,
    the first of which points to the lumen."""

    center: np.ndarray
    axes: np.ndarray
    semi: np.ndarray

    @property
    def reach(self) -> np.ndarray:
        """Half the bounding box's size along x, y, z, mm."""
        half: NDArray[np.float64] = np.sqrt(((self.axes * self.semi) ** 2).sum(axis=1))
        return half

    def local(self, space: Space) -> list[np.ndarray]:
        p = [
            axis - np.float32(c)
            for axis, c in zip((space.x, space.y, space.z), self.center, strict=True)
        ]
        px, py, pz = p[0][None, None, :], p[1][None, :, None], p[2][:, None, None]
        return [
            (px * np.float32(a[0]) + py * np.float32(a[1]) + pz * np.float32(a[2]))
            for a in self.axes.T
        ]

    def distance(self, space: Space) -> np.ndarray:
        return scaled_distance([q.astype(np.float32) for q in self.local(space)], self.semi)


def oriented_blob(center: Point, inward: np.ndarray, semi: np.ndarray, spin: float) -> Blob:
    """A blob whose first axis points along ``inward``, turned about it by ``spin`` radians."""
    n = inward / np.linalg.norm(inward)
    helper = np.eye(3)[int(np.argmin(np.abs(n)))]
    u = np.cross(n, helper)
    u /= np.linalg.norm(u)
    v = np.cross(n, u)
    c, s = np.cos(spin), np.sin(spin)
    axes = np.stack([n, c * u + s * v, c * v - s * u], axis=1)
    return Blob(np.asarray(center, dtype=float), axes, np.asarray(semi, dtype=float))


def paint_blob(
    hu: np.ndarray, space: Space, blob: Blob, looks: Looks, rng: np.random.Generator
) -> None:
    """Paint a blob with these looks into ``hu``.

    The draws do not depend on the looks: two blobs from equal streams differ by looks alone.
    """
    near = space.around(blob.center, blob.reach + 14.0)
    fine, coarse = near.bandpass(rng, FINE_MM), near.bandpass(rng, COARSE_MM)
    lumpy, spiky = near.field(rng, 7.0), near.field(rng, 3.2)
    distance = blob.distance(near)
    distance = distance + looks.ragged_mm * (0.75 * lumpy + 0.45 * spiky)
    depth = blob.local(near)[0] / np.float32(blob.semi[0])
    layer = looks.layer_hu * (np.tanh(4 * (depth - 0.35)) + 0.45)
    texture = np.sqrt(looks.coarse) * coarse + 1.5 * np.sqrt(1 - looks.coarse) * fine
    value = looks.mean_hu + looks.contrast_hu * texture + layer
    width = 1.3 * space.pixel_mm + 1.2 * looks.ragged_mm
    paint(hu, near, soft(distance, width), value.astype(np.float32))
