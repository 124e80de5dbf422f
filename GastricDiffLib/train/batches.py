"""Batches of slices with their ROI masks, and their geometric augmentation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from GastricDiffLib.cohort.dataset import DatasetCase
from GastricDiffLib.cohort.split import balanced
from GastricDiffLib.inference.slices import case_crop, case_slices
from GastricDiffLib.nets.input import InputSpec

MAX_ROTATION = np.deg2rad(15)
MAX_SHIFT = 0.08  # of the crop


class Batch(NamedTuple):
    """``images`` N×1×size×size in 0…1, ``roi`` likewise (share inside), ``labels`` N,
    ``augment`` N bool."""

    images: Tensor
    roi: Tensor
    labels: Tensor
    augment: Tensor


class Sample(NamedTuple):
    """One slice of one case; ``copy`` > 0 marks a balancing copy."""

    case: DatasetCase
    k: int
    copy: int


def training_samples(cases: Sequence[DatasetCase], scope: str, seed: int) -> list[Sample]:
    """Every slice of every case, the rarer class repeated until the classes match."""
    items = balanced([case.label for case in cases], seed)
    slices = [case_slices(case, scope) for case in cases]
    return [Sample(cases[index], int(k), copy) for index, copy in items for k in slices[index]]


def read_batch(samples: Sequence[Sample], spec: InputSpec) -> Batch:
    """Read and scale a batch; slices of different sizes may stand in it."""
    images, masks = [], []
    # A case's files are opened once for all of its slices that stand in a row.
    for case, group in groupby(samples, key=lambda sample: sample.case):
        hu, mask = case.read(np.array([sample.k for sample in group]))
        crop = case_crop(case, spec)
        images.append(spec.scaled(torch.from_numpy(hu), crop))
        masks.append(spec.resized(crop.cut(torch.from_numpy(mask).float())))
    return Batch(torch.cat(images), torch.cat(masks), *marks(samples))


def marks(samples: Sequence[Sample]) -> tuple[Tensor, Tensor]:
    """Labels N and which are balancing copies, N bool."""
    labels = torch.tensor([sample.case.label for sample in samples])
    return labels, torch.tensor([sample.copy > 0 for sample in samples])


def shuffled(
    count: int, batch_size: int, seed: int, epoch: int, least: int = 2
) -> Iterator[np.ndarray]:
    """The numbers of ``count`` samples in the order of this epoch, batch by batch.

    A last batch of fewer than ``least`` is left out: batch normalisation cannot train on one,
    nor several processes on fewer than one each.
    """
    order = np.random.default_rng([seed, epoch]).permutation(count)
    for start in range(0, count, batch_size):
        chosen = order[start : start + batch_size]
        if len(chosen) >= least:
            yield chosen


def draws(count: int, generator: torch.Generator) -> Tensor:
    """What :func:`augmented` does to each of ``count`` samples: count×4 in −1…1."""
    return torch.rand(count, 4, generator=generator) * 2 - 1


def augmented(batch: Batch, everything: bool, draw: Tensor) -> Batch:
    """Flip, turn and shift the marked samples (or all), image and ROI alike, as drawn.

    Geometry only: intensities are the signal. What comes in from outside is air.
    """
    draw = draw.to(batch.images.device)
    chosen = torch.ones_like(batch.augment) if everything else batch.augment
    angle = torch.where(chosen, draw[:, 0] * MAX_ROTATION, 0.0)
    flip = torch.where(chosen & (draw[:, 1] > 0), -1.0, 1.0)
    shift = torch.where(chosen[:, None], draw[:, 2:] * MAX_SHIFT * 2, 0.0)
    cos, sin = angle.cos(), angle.sin()
    theta = torch.stack(
        (
            torch.stack((cos * flip, -sin, shift[:, 0]), dim=1),
            torch.stack((sin * flip, cos, shift[:, 1]), dim=1),
        ),
        dim=1,
    )
    both = torch.cat((batch.images, batch.roi), dim=1)
    grid = F.affine_grid(theta, list(both.shape), align_corners=False)
    both = F.grid_sample(both, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return batch._replace(images=both[:, :1], roi=both[:, 1:])
