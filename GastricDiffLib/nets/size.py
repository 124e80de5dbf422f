"""How large a system is: parameters and operations, counted and not estimated."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch.utils.flop_counter import FlopCounterMode

from GastricDiffLib.nets.systems import build_system


class Size(NamedTuple):
    """``multiply_adds``: of convolutions and linear layers, for one slice."""

    parameters: int
    multiply_adds: int


def system_size(
    name: str,
    size: int = 224,
    in_channels: int = 1,
    num_classes: int = 2,
    width: float = 1.0,
) -> Size:
    """Count a system on one ``size``×``size`` slice; other arguments as ``build_system``'s.

    Shapes alone run through the network (PyTorch's meta device): no memory, no arithmetic.

    Raises
    ------
    ValueError
        As :func:`build_system`.
    """
    with torch.device("meta"), FlopCounterMode(display=False) as counter, torch.no_grad():
        net = build_system(name, in_channels, num_classes, width).eval()
        net(torch.empty(1, in_channels, size, size))
    parameters = sum(parameter.numel() for parameter in net.parameters())
    return Size(parameters, counter.get_total_flops() // 2)
