"""One network in several processes, each with a part of the batch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from GastricDiffLib.nets.base import Network, Outputs
from GastricDiffLib.train.batch_norm import normalise_globally
from GastricDiffLib.train.distributed import world


class _Pass(nn.Module):
    """``net.outputs`` as a module's forward, which is what DistributedDataParallel watches."""

    def __init__(self, net: Network) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Outputs:
        return self.net.outputs(x)


def training_pass(net: Network, device: torch.device) -> Callable[[Tensor], Outputs]:
    """``net.outputs`` for training on this process's part of a batch.

    With several processes it normalises over the whole batch, and ``backward`` leaves the mean
    of all processes' gradients in each; changes ``net`` in place, but not its state dict.
    """
    if world() == 1:
        return net.outputs
    normalise_globally(net, device)
    return DistributedDataParallel(_Pass(net))
