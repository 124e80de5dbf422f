"""Slices per second of the classifier, HU in memory to probabilities and heat.

Baselines, in float32 over the plain ResNeXt-50, on the same slices, each in a process of its own:
a loop, one slice after the other; and the same network fed in batches by MONAI's transforms and
loader, where MONAI is installed. Ceiling: the machine's matrix rate over the network's
multiply-adds.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import torch

from GastricDiffLib.classify import Classifier
from GastricDiffLib.ct import BoxROI, CTVolume
from GastricDiffLib.memory import keep_memory
from GastricDiffLib.nets.device import half_dtype
from GastricDiffLib.nets.input import InputSpec
from GastricDiffLib.nets.size import system_size
from Testing.made_models import fresh_model

from .apart import Apart
from .common import MATRIX_SIZE, Row, interleaved, matrix_product, rate_row
from .noise import SIZE, WINDOW, noise_volume

SYSTEMS = ("resnext50", "r50-imp-dpn-tad")


def rows(work: Path, quick: bool) -> list[Row]:
    count, rounds = (8, 1) if quick else (32, 5)
    volume, roi = noise_volume(count)
    keep_memory()  # as the command does
    works: dict[str, Callable[[], object]] = {}
    spec = InputSpec(SIZE, WINDOW, std=0.3, scope="all")
    cpu = torch.device("cpu")
    halves = [("bfloat16", torch.bfloat16)] if half_dtype(cpu) is not None else []
    variants = [*halves, ("float32", None)]
    for system in SYSTEMS:
        path = fresh_model(work / f"{system}.safetensors", system, spec)
        for name, dtype in variants:
            classifier = Classifier.load(path, "cpu")
            classifier.predictor.dtype = dtype
            works[f"{system}, {name}"] = _classifying(classifier, volume, roi)
        if torch.cuda.is_available():
            works[f"{system}, GPU"] = _classifying(Classifier.load(path, "cuda"), volume, roi)
    for name, dtype in variants:
        works[name] = matrix_product(dtype or torch.float32)
    with ExitStack() as processes:
        for name in ("loop", "MONAI"):
            apart = Apart("plain_classifying", name, str(count), processes=rounds)
            baseline = processes.enter_context(apart)
            if baseline.ready:
                works[name] = baseline
        seconds = interleaved(works, rounds)
    found = []
    for label in works:
        system, _, name = label.partition(", ")
        if not name:
            continue
        products = count * system_size(system, SIZE).multiply_adds / MATRIX_SIZE**3
        ceiling = [products * each for each in seconds[name]] if name in seconds else None
        for baseline, label in (("loop", "a plain eager float32 loop"), ("MONAI", "MONAI")):
            if baseline in seconds:
                row = rate_row(
                    f"{system}, {name}, against {label}",
                    count, "slices/s", seconds[label], seconds[baseline], ceiling,
                )  # fmt: skip
                found.append(row)
    if "MONAI" not in seconds:
        found.append(Row("MONAI", float("nan"), "slices/s", note="MONAI is not installed"))
    return found


def _classifying(classifier: Classifier, volume: CTVolume, roi: BoxROI) -> Callable[[], object]:
    return lambda: classifier.classify(volume, roi)
