"""One phase of a cohort's way into training, in a process of its own.

    python -m Testing.benchmarks.speed.scale_phase PHASE COHORT.csv DATASET

Prints one line of JSON: seconds and those of the processor, the least of some times but for the
export, which takes long; peak memory in MiB.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.cohort.export import export_cases
from GastricDiffLib.cohort.manifest import read_cohort
from GastricDiffLib.cohort.split import balanced, split_patients
from GastricDiffLib.inference.slices import CaseSlices, JoinedSlices
from GastricDiffLib.nets.input import InputSpec
from GastricDiffLib.train.batches import augmented, draws, shuffled, training_samples
from GastricDiffLib.train.cache import ImageCache, SliceCache

from .memory import peak_mib

PHASES = {
    "export": "exporting",
    "split": "reading cohort.csv, splitting and balancing",
    "open": "opening the dataset",
    "cache": "resizing the training slices into the cache",
    "epoch": "reading and augmenting an epoch, and its validation slices",
}
_CPU = torch.device("cpu")
_SPEC = InputSpec(64, crop=1.5)
_LEAST_SECONDS = 0.5


def prepared(phase: str, cohort: Path, out: Path) -> Callable[[], object]:
    """The work to be timed; what it needs is there when this returns."""
    if phase == "export":
        return lambda: export_cases(cohort, out, workers=1)
    if phase == "split":
        return lambda: _split(cohort)
    if phase == "open":
        return lambda: Dataset.open(out)
    dataset = Dataset.open(out)
    samples = training_samples(dataset.split("train"), "roi", 0)
    folder = out.with_name(f"{out.name}-cache")
    if phase == "cache":
        return lambda: SliceCache(samples, _SPEC, folder)
    cache = SliceCache(samples, _SPEC, folder)
    val = JoinedSlices([CaseSlices(case, _SPEC) for case in dataset.split("val")])
    judging = ImageCache(val, _SPEC.size, folder / "val.raw")
    _read(judging)
    return lambda: _epoch(cache, len(samples), lambda: _read(judging))


def _read(judging: ImageCache) -> None:
    for start in range(0, len(judging), 32):
        judging.images(slice(start, min(start + 32, len(judging))), _CPU)


def _split(cohort: Path) -> None:
    rows = read_cohort(cohort)
    labels = [row.label for row in rows]
    split_patients(labels, [row.patient_id for row in rows])
    balanced(labels)


def _epoch(cache: SliceCache, count: int, judged: Callable[[], object]) -> None:
    generator = torch.Generator().manual_seed(0)
    for chosen in shuffled(count, 16, 0, 0):
        augmented(cache.batch(chosen, _CPU), True, draws(len(chosen), generator))
    judged()


def main() -> None:
    phase, cohort, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    work = prepared(phase, cohort, out)
    clocks = (time.perf_counter, time.process_time)
    taken: list[tuple[float, ...]] = []
    while not taken or (sum(wall for wall, _ in taken) < _LEAST_SECONDS and phase != "export"):
        start = [clock() for clock in clocks]
        work()
        taken.append(tuple(clock() - then for clock, then in zip(clocks, start, strict=True)))
    wall, processor = (min(times) for times in zip(*taken, strict=True))
    print(json.dumps({"seconds": wall, "cpu_seconds": processor, "peak_mib": peak_mib()}))


if __name__ == "__main__":
    main()
