"""A network in training judged by cases that it is not trained on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from GastricDiffLib.cohort.dataset import DatasetCase
from GastricDiffLib.evaluate.calibration import Calibration
from GastricDiffLib.evaluate.metrics import Scores, score_cases
from GastricDiffLib.nets.device import autocast, channels_last
from GastricDiffLib.nets.input import InputSpec, to_device
from GastricDiffLib.train.batches import case_field, case_slices
from GastricDiffLib.train.losses import focal_loss


@torch.inference_mode()
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
    slices, field = case_slices(case, spec.scope), case_field(case, spec)
    for start in range(0, len(slices), step):
        hu, _ = case.read(slices[start : start + step])
        images = spec.scaled(to_device(hu, device), field)
        with autocast(device, dtype):
            logits = net(channels_last(spec.normalised(images)))
        yield logits.float().cpu()


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
