"""From a folder of DICOM files to ``scene.mrb``: seconds, share of the network, peak memory."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import SimpleITK as sitk

from GastricDiffLib.ct import BoxROI, read_volume
from GastricDiffLib.ct.io.dicom_headers import THREADS, image_reader
from GastricDiffLib.ct.roi import write_roi
from GastricDiffLib.nets.input import InputSpec
from GastricDiffLib.phantom import make_case
from Testing.dicom_files import write_series
from Testing.made_models import fresh_model

from .common import Row, interleaved, rate_row

SYSTEM = "r50-imp-dpn-tad"
SHAPE = (256, 512, 512)
_NOISE_HU = 12


def rows(work: Path, quick: bool) -> list[Row]:
    shape = (32, 256, 256) if quick else SHAPE
    dicom, roi = made_case(work / f"ct-{'-'.join(map(str, shape))}", shape)
    model = fresh_model(work / "all.safetensors", SYSTEM, InputSpec(std=0.3, scope="all"))
    runs = [run_command(dicom, roi, model, work / "result") for _ in range(1 if quick else 3)]
    seconds = {part: median(run["seconds"][part] for run in runs) for part in runs[0]["seconds"]}
    network, total = seconds["network"], median(run["wall"] for run in runs)
    start = total - sum(seconds[part] for part in ("read", "load", "classify", "write"))
    weights = model.stat().st_size / 2**20
    allowed = 2 * np.prod(shape) / 2**20 + weights + 1024
    words = " × ".join(map(str, shape))
    found = [
        Row(f"DICOM to scene.mrb, {words}, {runs[0]['slices']} slices classified", total, "s"),
        Row("of it Python's start and imports", start, "s"),
        Row("of it reading", seconds["read"], "s"),
        Row("of it loading the model", seconds["load"], "s"),
        Row("of it the network", network, "s"),
        Row("of it preparing slices and heat", seconds["classify"] - network, "s"),
        Row("of it writing files", seconds["write"], "s"),
        Row("all but the network", 100 * (1 - network / total), "%", note="at most 20"),
        Row("all but the network, start and imports", 100 * (1 - network / (total - start)), "%"),
    ]
    peaks = [run["peak_mib"] for run in runs]
    found.append(_reading(dicom, shape[0], 1 if quick else 3))
    if None not in peaks:
        peak = max(peaks)
        note = "ceiling: volume + weights + 1 GiB"
        found.append(Row("peak memory", peak, "MiB", None, None, allowed, peak / allowed, note))
    return found


def _reading(dicom: Path, count: int, rounds: int) -> Row:
    """Reading the series, checks included, against SimpleITK's own reader of series."""
    paths = sorted(dicom.iterdir())

    def series() -> None:
        names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(dicom))
        sitk.GetArrayFromImage(sitk.ReadImage(names))

    def decoder() -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda path: image_reader(path).Execute(), paths))

    works = {"ours": lambda: read_volume(dicom), "series": series, "decoder": decoder}
    seconds = interleaved(works, rounds)
    note = "baseline: SimpleITK's series reader; ceiling: the decoder alone, in as many threads"
    return rate_row(
        "reading DICOM", count, "slices/s", seconds["ours"], seconds["series"], seconds["decoder"],
        note,
    )  # fmt: skip


def run_command(dicom: Path, roi: Path, model: Path, out: Path) -> dict[str, Any]:
    call = [sys.executable, "-m", f"{__package__}.one_case", dicom, roi, model, out]
    begun = time.perf_counter()
    done = subprocess.run([str(part) for part in call], check=True, capture_output=True, text=True)
    wall = time.perf_counter() - begun
    return {"wall": wall} | json.loads(done.stdout.splitlines()[-1])


def made_case(folder: Path, shape: tuple[int, int, int]) -> tuple[Path, Path]:
    """A phantom on a grid of ``shape`` with a scanner's noise, as DICOM, and a box; made once."""
    dicom, roi = folder / "dicom", folder / "roi.mrk.json"
    if not roi.exists():
        write_series(dicom, _hu(shape))
        grid = read_volume(dicom).grid
        size = np.array(shape[::-1]) * grid.spacing * (0.25, 0.25, 0.5)
        write_roi(roi, [BoxROI(grid.corners_lps().mean(axis=0), np.eye(3), size, "ROI")])
    return dicom, roi


def _hu(shape: tuple[int, int, int]) -> np.ndarray:
    array = make_case(1, 5).volume
    # The slice axis, the shortest one, first.
    upright = np.moveaxis(array, int(np.argmin(array.shape)), 0)
    small = sitk.GetImageFromArray(np.ascontiguousarray(upright))
    resampler = sitk.ResampleImageFilter()
    resampler.SetSize(shape[::-1])
    resampler.SetOutputSpacing([a / b for a, b in zip(small.GetSize(), shape[::-1], strict=True)])
    resampler.SetDefaultPixelValue(-1000)
    hu = sitk.GetArrayFromImage(resampler.Execute(small))
    rng = np.random.default_rng(0)
    for plane in hu:
        # Smooth anatomy alone would compress like no CT does.
        plane += np.rint(rng.normal(0, _NOISE_HU, plane.shape)).astype(np.int16)
    return hu.clip(-1024, 3071)
