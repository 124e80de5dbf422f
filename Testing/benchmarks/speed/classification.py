"""Slices per second of the classifier, HU in memory to probabilities and heat.

Baselines, in float32 over the plain ResNeXt-50, on the same slices: a loop, one slice after the
other; and the same network fed in batches by MONAI's transforms and loader, where MONAI is
installed. Ceiling: the machine's matrix rate over the network's multiply-adds.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from GastricDiffLib.classify import Classifier
from GastricDiffLib.ct import BoxROI, CTVolume
from GastricDiffLib.nets import build_system
from GastricDiffLib.nets.device import half_dtype
from GastricDiffLib.nets.input import InputSpec
from GastricDiffLib.nets.size import system_size
from Testing.made_models import fresh_model

from .common import MATRIX_SIZE, Row, interleaved, matrix_product, rate_row

SIZE = 224
WINDOW = (-1024.0, 500.0)
SYSTEMS = ("resnext50", "r50-imp-dpn-tad")
_MONAI_BATCH = 16


def rows(work: Path, quick: bool) -> list[Row]:
    count, rounds = (8, 1) if quick else (32, 5)
    volume, roi = noise_volume(count)
    works: dict[str, Callable[[], object]] = {}
    spec = InputSpec(SIZE, WINDOW, std=0.3, scope="all")
    cpu = torch.device("cpu")
    halves = [("bfloat16", torch.bfloat16)] if half_dtype(cpu) is not None else []
    variants = [*halves, ("float32", None)]
    for system in SYSTEMS:
        path = fresh_model(work / f"{system}.safetensors", system, spec)
        for name, dtype in variants:
            classifier = Classifier.load(path, "cpu")
            classifier.dtype = dtype
            works[f"{system}, {name}"] = _classifying(classifier, volume, roi)
        if torch.cuda.is_available():
            works[f"{system}, GPU"] = _classifying(Classifier.load(path, "cuda"), volume, roi)
    torch.manual_seed(0)
    net = build_system("resnext50").eval()
    works["loop"] = lambda: plain_loop(net, volume.hu)
    if monai := monai_loop(net, volume.hu):
        works["MONAI"] = monai
    for name, dtype in variants:
        works[name] = matrix_product(dtype or torch.float32)
    seconds = interleaved(works, rounds)
    found = []
    for label in works:
        system, _, name = label.partition(", ")
        if not name:
            continue
        products = count * system_size(system, SIZE).multiply_adds / MATRIX_SIZE**3
        ceiling = [products * each for each in seconds[name]] if name in seconds else None
        for baseline, told in (("loop", "a plain eager float32 loop"), ("MONAI", "MONAI")):
            if baseline in seconds:
                row = rate_row(
                    f"{system}, {name}, against {told}",
                    count, "slices/s", seconds[label], seconds[baseline], ceiling,
                )  # fmt: skip
                found.append(row)
    if not monai:
        found.append(Row("MONAI", float("nan"), "slices/s", note="MONAI is not installed"))
    return found


def noise_volume(count: int) -> tuple[CTVolume, BoxROI]:
    """A CT of 512×512 pixels, HU at random, and a box that cuts all its slices."""
    hu = np.random.default_rng(0).integers(-1000, 400, (count, 512, 512)).astype(np.int16)
    volume = CTVolume.from_array(hu, np.diag([0.8, 0.8, 2.0, 1.0]))
    middle = np.array([256 * 0.8, 256 * 0.8, count])
    return volume, BoxROI(middle, np.eye(3), np.array([80.0, 80.0, 2.0 * count]), "all slices")


def _classifying(classifier: Classifier, volume: CTVolume, roi: BoxROI) -> Callable[[], object]:
    return lambda: classifier.classify(volume, roi)


@torch.inference_mode()
def plain_loop(net: nn.Module, hu: np.ndarray) -> list[float]:
    """What a script would do: one slice after the other, float32, default memory order."""
    low, high = WINDOW
    p = []
    for plane in hu:
        image = torch.from_numpy(plane.astype(np.float32))[None, None]
        image = (image.clamp(low, high) - low) / (high - low)
        image = F.interpolate(image, size=(SIZE, SIZE), mode="bilinear", antialias=True)
        p.append(net(image / 0.3).softmax(dim=1)[0, 1].item())
    return p


def monai_loop(net: nn.Module, hu: np.ndarray) -> Callable[[], object] | None:
    """The same through MONAI's transforms and loader; None where it is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from monai.data import DataLoader, Dataset
            from monai.transforms import Compose, EnsureChannelFirst, Resize, ScaleIntensityRange
        except ImportError:
            return None
    low, high = WINDOW
    prepare = Compose(
        [
            EnsureChannelFirst(channel_dim="no_channel"),
            ScaleIntensityRange(low, high, 0.0, 1 / 0.3, clip=True),
            Resize((SIZE, SIZE), mode="bilinear", anti_aliasing=True),
        ]
    )
    loader = DataLoader(Dataset(list(hu), prepare), batch_size=_MONAI_BATCH)

    @torch.inference_mode()
    def run() -> list[float]:
        p: list[float] = []
        for images in loader:
            p += net(images).softmax(dim=1)[:, 1].tolist()
        return p

    return run
