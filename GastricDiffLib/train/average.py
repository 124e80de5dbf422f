"""The running average of a network's weights."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

AVERAGING = 0.995  # weight of the past


def averaging(average: AveragedModel, net: nn.Module) -> Callable[[], None]:
    """A step of ``average`` towards ``net``, of which it is a copy; young ones follow faster.

    As ``average.update_parameters(net)``, which walks through the modules of both and waits
    for the GPU: a tenth of a small network's training step. Both must keep their tensors.
    """
    ours, theirs = _values(average.module), _values(net)
    pairs = list(zip(ours, theirs, strict=True))
    real = [pair for pair in pairs if pair[0].is_floating_point()]
    counts = [pair for pair in pairs if not pair[0].is_floating_point()]
    averages, current = [a for a, _ in real], [b for _, b in real]

    @torch.no_grad()
    def step() -> None:
        done = int(average.n_averaged)
        past = min(AVERAGING, (1 + done) / (10 + done)) if done else 0.0
        torch._foreach_lerp_(averages, current, 1 - past)
        for own, count in counts:
            own.copy_(count)
        average.n_averaged += 1

    return step


def _values(net: nn.Module) -> list[Tensor]:
    return [value.detach() for value in chain(net.parameters(), net.buffers())]
