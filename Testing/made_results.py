"""A small CT, a box and a result made by hand, for tests of scenes and files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from GastricDiffLib.ct import BoxROI, CTVolume, Grid
from GastricDiffLib.results.case_result import CaseResult, ModelCard

CLASSES = ("undifferentiated", "differentiated")
SPACING = (2.0, 1.5, 4.0)
"""Of i, j and k in mm."""


def made_grid(shape=(12, 40, 56), origin=(-55.0, -30.0, -700.0)) -> Grid:
    """An upright LPS grid."""
    return Grid.from_axes(shape, np.eye(3), SPACING, origin)


def made_hu(shape=(12, 40, 56), seed=0) -> np.ndarray:
    """Air around an elliptic body of soft tissue with noise, (K, J, I) int16."""
    k, j, i = np.indices(shape)
    middle = (np.array(shape) - 1) / 2
    body = ((j - middle[1]) / (0.4 * shape[1])) ** 2 + ((i - middle[2]) / (0.4 * shape[2])) ** 2 < 1
    noise = np.random.default_rng(seed).normal(0, 25, shape)
    return (np.where(body, 40 + 10 * k, -1000) + noise).astype(np.int16)


def made_box(grid: Grid, size=(26.0, 20.0, 20.0), name="") -> BoxROI:
    """A box around the middle of the grid, a little to the left and front."""
    center = grid.corners_lps().mean(axis=0) + np.array([6, -4, 2])
    return BoxROI(center, np.eye(3), np.array(size), name)


def made_result(
    volume: CTVolume, boxes: Sequence[BoxROI], scope: str = "roi", p: Sequence[float] | None = None
) -> CaseResult:
    """A result with a round hot spot amid the boxes and, by default, p from 0.3 to 0.8."""
    count, height, width = volume.hu.shape
    inside = {k for box in boxes for k in box.slices(volume)}
    chosen = [k for k in range(count) if scope == "all" or k in inside]
    center = np.mean([box.center_lps for box in boxes], axis=0)
    z, y, x = np.ogrid[:count, :height, :width]
    dz, dy, dx = volume.spacing_mm
    left, posterior, inferior = volume.origin_lps
    distance = (
        (x * dx + left - center[0]) ** 2
        + (y * dy + posterior - center[1]) ** 2
        + (z * dz + inferior - center[2]) ** 2
    )
    heat = np.exp(-distance / 30).astype(np.float32)
    heat[heat < 0.05] = 0
    return CaseResult(
        slice_index=np.array([volume.input_slice_index(k) for k in chosen]),
        position_mm=np.array([volume.position_mm(k) for k in chosen]),
        in_roi=np.array([k in inside for k in chosen]),
        p=np.asarray(np.linspace(0.3, 0.8, len(chosen)) if p is None else p, dtype=np.float32),
        threshold=0.5,
        classes=CLASSES,
        heat=volume.to_input_grid(heat),
        heat_kind="attention",
        grid=volume.grid,
        model=ModelCard("phantoms only", "0f" * 32, "r50-imp-dpn-tad", scope),
        device="cpu",
        seconds=1.5,
        notes=volume.notes,
    )


def made_case() -> tuple[CTVolume, list[BoxROI], CaseResult]:
    """A CT, its one box and their result."""
    grid = made_grid()
    volume = CTVolume.from_array(made_hu(), grid.ijk_to_lps)
    boxes = [made_box(grid)]
    return volume, boxes, made_result(volume, boxes)
