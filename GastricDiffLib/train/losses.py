"""Focal loss and teacher-attention distillation (paper, sections 3.3 and 3.4)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from GastricDiffLib.nets.attention import attention_map, normalise_map, squeeze
from GastricDiffLib.nets.base import Outputs
from GastricDiffLib.train.config import TEACHERS


def focal_loss(logits: Tensor, target: Tensor, alpha: float = 0.5, gamma: float = 2.0) -> Tensor:
    """L_cls = −α_t (1−p_t)^γ log p_t, averaged over the batch (paper, equation 5).

    Parameters
    ----------
    logits
        N×2.
    target
        N, class 0 or 1.
    alpha
        Weight of class 1; class 0 weighs 1 − alpha.
    gamma
        Focusing parameter; with 0 this is cross entropy weighted by α_t, divided by N.

    Returns
    -------
    Tensor
        A scalar, float32.

    Examples
    --------
    >>> focal_loss(torch.zeros(2, 2), torch.tensor([0, 1]), gamma=0.0)  # log(2) / 2
    tensor(0.3466)
    """
    log_p = logits.float().log_softmax(dim=1).gather(1, target[:, None])[:, 0]
    alpha_t = torch.where(target == 1, alpha, 1.0 - alpha)
    return (-alpha_t * (1 - log_p.exp()).pow(gamma) * log_p).mean()


def map_distance(a: Tensor, b: Tensor) -> Tensor:
    """L_d: squared L2 distance of normalised maps; N×H×W twice → N."""
    return (a - b).square().flatten(1).sum(dim=1)


def teacher_map(
    roi: Tensor, images: Tensor, size: tuple[int, int], teacher: str, normalise: str
) -> Tensor:
    """t, the labelled area as an attention map on the student's grid.

    Parameters
    ----------
    roi
        N×1×H×W in 0…1, the share of each pixel inside the ROI.
    images
        N×1×H×W intensities in 0…1, not standardised.
    size
        (h, w) of the student's map.
    teacher
        ``mask`` averages the ROI onto the grid; ``intensity`` takes the AT-GEN of the ROI's pixels.
    normalise
        As the student's.

    Returns
    -------
    Tensor
        N×h×w.

    Raises
    ------
    ValueError
        Unknown teacher.
    """
    if teacher == "mask":
        return normalise_map(F.adaptive_avg_pool2d(roi, size)[:, 0], normalise)
    if teacher == "intensity":
        squeezed = squeeze(images * roi)
        return normalise_map(F.adaptive_avg_pool2d(squeezed[:, None], size)[:, 0], normalise)
    raise ValueError(f"teacher must be one of {', '.join(TEACHERS)}, not {teacher!r}")


def tad_loss(
    outputs: Outputs,
    roi: Tensor,
    images: Tensor,
    beta: float = 1.0,
    teacher: str = "mask",
    normalise: str = "l2",
) -> Tensor:
    """L_TAD = L_d(x1, t) + β·L_d(x2, stop-gradient(x1)), averaged over the batch (equation 6).

    x1 = AT-GEN(S4) and x2 = AT-GEN(S5), both on the grid of S4. A slice whose ROI is empty has
    no t: its first term is 0.

    Args and raises: as :func:`teacher_map`; ``outputs`` of a system for those N images.
    """
    size = (outputs.s4.shape[-2], outputs.s4.shape[-1])
    x1 = attention_map(outputs.s4, size, normalise=normalise)
    x2 = attention_map(outputs.s5, size, normalise=normalise)
    t = teacher_map(roi.float(), images.float(), size, teacher, normalise)
    taught = (roi.flatten(1).amax(dim=1) > 0).float()
    first = map_distance(x1, t) * taught
    second = map_distance(x2, x1.detach())
    return (first + beta * second).mean()
