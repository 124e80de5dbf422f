"""Synthetic cohorts by count and size, for what depends on these alone."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from GastricDiffLib import CLASSES
from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.cohort.export import export_cases
from GastricDiffLib.ct import BoxROI
from GastricDiffLib.ct.roi import write_roi

_SPACING_MM = (0.8, 0.8, 2.5)
_NOISE_HU = 15


def noise_cohort(folder: Path, count: int, shape: tuple[int, int, int]) -> Path:
    """``cohort.csv`` of CTs (slices, rows, columns), one a patient; made once.

    Noise around a few smooth levels, compressed, so that reading costs what it does with CT.
    """
    path = folder / "cohort.csv"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    levels = _levels(shape)
    table = [("case_id", "image", "roi", "label")]
    for number in range(count):
        rng = np.random.default_rng(number)
        hu = levels + rng.normal(0, _NOISE_HU, shape).astype(np.float32)
        image = sitk.GetImageFromArray(np.rint(hu).astype(np.int16))
        image.SetSpacing(_SPACING_MM)
        sitk.WriteImage(image, str(folder / f"{number}.nrrd"), True, 1)
        whole = np.array(shape[::-1]) * _SPACING_MM
        box = BoxROI(whole * rng.uniform(0.45, 0.55, 3), np.eye(3), whole * (0.4, 0.4, 0.6), "ROI")
        write_roi(folder / f"{number}.mrk.json", [box])
        row = (f"case {number}", f"{number}.nrrd", f"{number}.mrk.json", CLASSES[number % 2])
        table.append(row)
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(table)
    return path


def _levels(shape: tuple[int, int, int]) -> np.ndarray:
    """Air around an ellipse of soft tissue with a brighter core, HU."""
    z, y, x = np.meshgrid(*(np.linspace(-1, 1, length) for length in shape), indexing="ij")
    reach = (x / 0.85) ** 2 + (y / 0.65) ** 2 + 0.1 * z**2
    return np.select([reach > 1, reach < 0.1], [-1000.0, 90.0], 40.0).astype(np.float32)


def dataset_of(work: Path, count: int, shape: tuple[int, int, int]) -> Dataset:
    """The exported dataset of such a cohort; made once."""
    name = f"{count}-{'-'.join(map(str, shape))}"
    out = work / f"dataset-{name}"
    export_cases(noise_cohort(work / f"cohort-{name}", count, shape), out, workers=1)
    return Dataset.open(out)
