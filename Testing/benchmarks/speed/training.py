"""Slices per second of a training step with its loader, and of the loader alone.

Baseline of a step: a plain float32 loop over ResNeXt-50 that PyTorch's loader feeds with the
same slices as PNG files. Ceiling: the machine's matrix rate over three times the network's
multiply-adds, which is what forward and backward take. What the paper's parts cost is measured
against a plain step of ResNeXt-50 in the same precision and memory order.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.nets import SYSTEMS, build_system
from GastricDiffLib.nets.device import channels_last, half_dtype, pick_device
from GastricDiffLib.nets.input import InputSpec
from GastricDiffLib.nets.size import system_size
from GastricDiffLib.train.batches import Batch, augmented, draws, shuffled, training_samples
from GastricDiffLib.train.cache import SliceCache
from GastricDiffLib.train.config import TrainConfig
from GastricDiffLib.train.learner import Learner

from .cohorts import dataset_of
from .common import Row, interleaved, matrix_rate, rate_row
from .plain_training import PlainStep, decode, endless, write_pngs

SHAPE = (40, 512, 512)
OWN, PLAIN = "r50-imp-dpn-tad", "resnext50"


class Loader:
    """Batches as a run of training has them."""

    def __init__(self, dataset: Dataset, folder: Path, size: int, batch: int) -> None:
        self.device = pick_device()
        self.samples = training_samples(dataset.split("train"), "roi", 0)
        self.spec = InputSpec(size, mean=0.3, std=0.3, crop=1.5)
        self.cache = SliceCache(self.samples, self.spec, folder)
        self._generator = torch.Generator().manual_seed(0)
        self._order = self._endless(min(batch, len(self.samples)))

    def _endless(self, batch: int) -> Iterator[np.ndarray]:
        for epoch in itertools.count():
            yield from shuffled(len(self.samples), batch, 0, epoch, batch)

    def __call__(self) -> Batch:
        chosen = next(self._order)
        draw = draws(len(chosen), self._generator)
        return augmented(self.cache.batch(chosen, self.device), True, draw)


def rows(work: Path, quick: bool) -> list[Row]:
    device = pick_device()
    size, batch, rounds = (64, 4, 1) if quick else (224, 8 if device.type == "cpu" else 64, 5)
    dataset = dataset_of(work, 6, (8, 96, 96) if quick else SHAPE)
    loader = Loader(dataset, work / "cache", size, batch)
    files = write_pngs(work / f"png-{dataset.cohort_hash[:8]}", dataset.split("train"))
    batch = min(batch, len(loader.samples), len(files))
    try:
        steps = _steps(loader, files, size, batch, rounds)
        return steps + _loading(loader, files, size, batch, rounds, steps)
    finally:
        loader.cache.close()


def _steps(
    loader: Loader, files: list[tuple[Path, int]], size: int, batch: int, rounds: int
) -> list[Row]:
    dtype, workers = half_dtype(loader.device, training=True), os.cpu_count() or 1
    fed, plain = endless(files, size, batch, workers), PlainStep(loader.device, None, False)
    same, fixed = PlainStep(loader.device, dtype, True), loader()
    works: dict[str, Callable[[], object]] = {
        "loop": lambda: plain(*next(fed)),
        "same": lambda: same(loader.spec.normalised(fixed.images), fixed.labels),
    }
    works |= {system: _learning(system, loader, size) for system in SYSTEMS}
    seconds = interleaved(works, rounds)
    rate = matrix_rate(dtype or torch.float32) if loader.device.type == "cpu" else None
    found = []
    for system in SYSTEMS:
        ceiling = rate and rate / (3 * system_size(system, size).multiply_adds)
        name = f"{system}: loader and step"
        found.append(rate_row(name, batch, "slices/s", seconds[system], seconds["loop"], ceiling))
    # Again by themselves, and more often: they differ by less than what else runs here may add.
    few = interleaved({name: works[name] for name in ("same", PLAIN, OWN)}, 3 * rounds)
    note = "at most 1.25, at width 1, 224 pixels, batches of 8 or more"
    for name, base in (("plain ResNeXt-50's", "same"), (f"{PLAIN}'s in the same loop", PLAIN)):
        times = float(np.median(np.array(few[OWN]) / np.array(few[base])))
        found.append(Row(f"{OWN}: step's time over {name}", times, "×", note=note))
    return found


def _learning(system: str, loader: Loader, size: int) -> Callable[[], object]:
    config = TrainConfig(system, size=size)
    torch.manual_seed(0)
    net = channels_last(build_system(system, **config.options).to(loader.device)).train()
    learner = Learner(net, config, loader.spec, loader.device, 0.5)
    learner.rate = 1e-4
    # To look at the losses waits for the step: it is timed whole.
    return lambda: learner.step(loader(), 1.0).tolist()


def _loading(
    loader: Loader,
    files: list[tuple[Path, int]],
    size: int,
    batch: int,
    rounds: int,
    steps: list[Row],
) -> list[Row]:
    """The two loaders without a network, against what the fastest system needs and the disk."""
    single = endless(files, size, batch, 0)
    some, raw = files[:batch], loader.cache.folder / "images.raw"
    some_bytes = batch * size * size * 3  # two of the image, one of its ROI
    works: dict[str, Callable[[], object]] = {
        # To look at one value waits for a GPU.
        "ours": lambda: loader().images[0, 0, 0, 0].item(),
        "PNG": lambda: next(single),
        "decode": lambda: decode(some),
        "disk": lambda: np.fromfile(raw, np.uint8, some_bytes),
    }
    seconds = interleaved(works, 4 * rounds)
    disk, decoder = (batch / float(np.median(seconds[name])) for name in ("disk", "decode"))
    needed = max(row.value for row in steps if row.unit == "slices/s")
    png = "PNG files by PyTorch's loader"
    note = f"baseline: {png}; ceiling: the bytes alone"
    ours = rate_row("loader alone", batch, "slices/s", seconds["ours"], seconds["PNG"], disk, note)
    note = "ceiling: the decoder alone"
    theirs = rate_row(png, batch, "slices/s", seconds["PNG"], ceiling=decoder, note=note)
    times = ours.value / needed
    name = "loader alone over the fastest system's step"
    return [ours, theirs, Row(name, times, "×", note="at least 5")]
