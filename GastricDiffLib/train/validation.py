"""A network in training judged by cases that it is not trained on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from GastricDiffLib.cohort.dataset import DatasetCase
from GastricDiffLib.metrics.calibration import Calibration
from GastricDiffLib.metrics.scores import Scores, score_cases
from GastricDiffLib.nets.device import autocast, channels_last
from GastricDiffLib.nets.input import InputSpec
from GastricDiffLib.train.batches import case_images, case_slices
from GastricDiffLib.train.losses import focal_loss


def case_logits(
    net: nn.Module,
    case: DatasetCase,
    spec: InputSpec,
    device: torch.device,
    dtype: torch.dtype | None,
    step: int,
) -> Iterator[Tensor]:
    """Logits n×2, float32 on the CPU, of the slices that ``spec`` names, ``step`` at a time.

    ``net`` stands on ``device`` in evaluation mode.
    """
    return logits(net, case_images(case, spec, device, step), spec, dtype)


@torch.inference_mode()
def logits(
    net: nn.Module, batches: Iterable[Tensor], spec: InputSpec, dtype: torch.dtype | None
) -> Iterator[Tensor]:
    """Logits n×2, float32 on the CPU, of each batch of scaled slices n×1×size×size.

    ``net`` stands where they do, in evaluation mode.
    """
    for images in batches:
        with autocast(images.device, dtype):
            found = net(channels_last(spec.normalised(images)))
        yield found.float().cpu()


def filled(parts: Iterable[Tensor], step: int) -> Iterator[Tensor]:
    """The same slices in the same order, but ``step`` at a time; the last batch holds the rest.

    A case alone seldom fills a batch.
    """
    held: list[Tensor] = []
    count = 0
    for part in parts:
        held.append(part)
        count += len(part)
        if count >= step:
            *full, rest = torch.cat(held).split([step] * (count // step) + [count % step])
            yield from full
            held, count = [rest], len(rest)
    if count:
        yield torch.cat(held)


def logits_by_case(
    net: nn.Module,
    cases: Sequence[DatasetCase],
    images: Iterable[Tensor],
    spec: InputSpec,
    dtype: torch.dtype | None,
    step: int,
) -> list[Tensor]:
    """Logits n×2 of each case's slices, from the ``images`` of all cases in a row.

    Batches of ``step`` slices go through the network, whatever cases they are of; otherwise as
    :func:`case_logits`.
    """
    sizes = [len(case_slices(case, spec.scope)) for case in cases]
    found = list(logits(net, filled(images, step), spec, dtype))
    return list(torch.cat(found).split(sizes)) if found else []


def margins(logits: Tensor) -> np.ndarray:
    """N×2 logits → (N,) of class 1 minus that of class 0."""
    return (logits[:, 1] - logits[:, 0]).numpy()


def judged(
    cases: Sequence[DatasetCase],
    logits: Sequence[Tensor],
    gamma: float,
    calibration: Calibration | None = None,
) -> tuple[Scores, float]:
    """Scores of the cases, and the focal loss over all their slices, both classes alike.

    ``logits``: N×2 of each case; ``calibration``: the identity if None.
    """
    calibration = calibration or Calibration()
    truth = [case.label for case in cases]
    sizes = torch.tensor([len(one) for one in logits])
    labels = torch.tensor(truth).repeat_interleave(sizes)
    loss = focal_loss(torch.cat(list(logits)), labels, 0.5, gamma)
    p = [calibration.probabilities(margins(one)) for one in logits]
    return score_cases(truth, p, calibration.threshold), loss.item()
