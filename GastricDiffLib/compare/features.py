"""First-order and texture features of the box, as radiomics studies take them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import skimage.feature

from GastricDiffLib.cohort.dataset import DatasetCase

BIN_HU = 25
"""Width of a grey level, the usual choice for CT (Zwanenburg et al., Radiology 295, 2020)."""
TEXTURE = ("contrast", "dissimilarity", "homogeneity", "energy", "correlation", "entropy")
PERCENTILES = (0, 10, 25, 50, 75, 90, 100)
NAMES = (
    "mean",
    "sd",
    "skewness",
    "kurtosis",
    "entropy",
    "uniformity",
    *(f"percentile {p}" for p in PERCENTILES),
    *(f"co-occurrence {name}" for name in TEXTURE),
    *(f"co-occurrence {name}, 3 px" for name in TEXTURE),
)
_texture: Any = skimage.feature  # without types of its own
_ANGLES = (0.0, np.pi / 4, np.pi / 2, 3 * np.pi / 4)


def case_features(case: DatasetCase, window: tuple[float, float]) -> npt.NDArray[np.float64]:
    """(len(NAMES),) features of the voxels inside a case's ROI.

    Grey levels are ``BIN_HU`` wide from the window's lower edge. Co-occurrence (Haralick et al.,
    IEEE Transactions on Systems, Man, and Cybernetics 3 (1973) 610–621) is counted in the axial
    slices' rectangles, over four directions, at distances of 1 and 3 pixels, summed over the
    slices.

    Parameters
    ----------
    case
        With an ROI.
    window
        Lowest and highest HU that the dataset keeps.
    """
    slices, rectangles = case.roi_slices(), case.rectangles()
    hu, mask = case.read(slices)
    inside = hu[mask > 0].astype(np.float64)
    low, high = window
    levels = int(np.ceil((high - low) / BIN_HU)) + 1
    counts = np.zeros((levels, levels, 2, len(_ANGLES)))
    for one, (y0, x0, y1, x1) in zip(hu, rectangles, strict=True):
        part = np.clip(one[y0:y1, x0:x1], low, high)
        grey = ((part - low) // BIN_HU).astype(np.uint8 if levels <= 256 else np.uint16)
        counts += _texture.graycomatrix(grey, (1, 3), _ANGLES, levels, symmetric=True)
    total = counts.sum(axis=(0, 1), keepdims=True)
    shares = counts / np.maximum(total, 1)
    texture = np.array([_texture.graycoprops(shares, name).mean(axis=1) for name in TEXTURE])
    found = np.concatenate([_first_order(inside, low), texture[:, 0], texture[:, 1]])
    return np.asarray(np.nan_to_num(found))


def _first_order(values: npt.NDArray[np.float64], low: float) -> npt.NDArray[np.float64]:
    mean, sd = values.mean(), values.std()
    z = (values - mean) / max(sd, 1e-9)
    shares = np.bincount(((np.maximum(values, low) - low) // BIN_HU).astype(int)) / len(values)
    known = shares[shares > 0]
    entropy, uniformity = -np.sum(known * np.log2(known)), np.sum(shares**2)
    # Written out: scipy's skew and kurtosis are nan with a warning where all voxels are alike.
    moments = [mean, sd, np.mean(z**3), np.mean(z**4), entropy, uniformity]
    return np.concatenate([moments, np.percentile(values, PERCENTILES)])
