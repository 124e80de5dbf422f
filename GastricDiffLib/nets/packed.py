"""Convolutions as oneDNN runs them fastest on a CPU: weights packed once, sum and ReLU within.

Autocast casts and reorders every weight in every pass, and PyTorch runs over the activations
again for each sum and ReLU: together a sixth of a pass. The operations used here are the ones
that ``torch.compile`` emits. They need no compiler, but they are no public interface: where
they are missing or compute something else, the same modules run plain PyTorch.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import skip_init

from GastricDiffLib.nets.device import channels_last
from GastricDiffLib.nets.resnext import Bottleneck


class PackedConv(nn.Module):
    """A convolution, optionally with a shortcut added and a ReLU after it.

    Shares the weights of the ``nn.Conv2d`` it is made from; packs them anew when they, the
    precision or the input's shape change, since oneDNN's order of weights depends on all three.
    """

    def __init__(self, conv: nn.Conv2d, relu: bool = False) -> None:
        super().__init__()
        self.weight, self.bias = conv.weight, conv.bias
        self.stride, self.padding = conv.stride, conv.padding
        self.dilation, self.groups = conv.dilation, conv.groups
        self.relu = relu
        self._packed: tuple[Any, ...] = (None, None, None)

    def forward(self, x: Tensor, shortcut: Tensor | None = None) -> Tensor:
        """N×C×H×W → N×C'×H'×W'; a ``shortcut`` of that shape is overwritten with the output."""
        dtype = _precision(x)
        if dtype is None or not works(dtype):
            return self.plain(x, shortcut)
        return self.fast(x.to(dtype), shortcut)

    def plain(self, x: Tensor, shortcut: Tensor | None = None) -> Tensor:
        """The same by public means."""
        out = F.conv2d(
            x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )
        out = out if shortcut is None else out + shortcut
        return out.relu() if self.relu else out

    def fast(self, x: Tensor, shortcut: Tensor | None = None) -> Tensor:
        """The same by oneDNN's fused operations, in the precision of ``x``."""
        weight, bias = self._weights(x)
        how = (self.padding, self.stride, self.dilation, self.groups)
        relu = "relu" if self.relu else "none"
        if shortcut is None:
            return torch.ops.mkldnn._convolution_pointwise(x, weight, bias, *how, relu, [], "")
        return torch.ops.mkldnn._convolution_pointwise_.binary(
            shortcut, x, weight, bias, *how, "add", 1.0, relu, [], ""
        )

    def _weights(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        key = (x.shape, x.dtype, self.weight._version, self.weight.data_ptr())
        if key != self._packed[0]:
            # In channels-last order there is a fast way into any of oneDNN's.
            weight = self.weight.detach().to(x.dtype, memory_format=torch.channels_last)
            weight = torch.ops.mkldnn._reorder_convolution_weight(
                weight, self.padding, self.stride, self.dilation, self.groups, list(x.shape)
            )
            bias = None if self.bias is None else self.bias.detach().to(x.dtype)
            self._packed = (key, weight, bias)
        return self._packed[1], self._packed[2]

    def __getstate__(self) -> dict[str, Any]:
        # A packed tensor cannot be copied; it is made anew.
        return self.__dict__ | {"_packed": (None, None, None)}


class PackedBottleneck(nn.Module):
    """ResNeXt's block with ReLU and sum inside its convolutions.

    Overwrites its input where that is the shortcut: inside a stage nobody else reads it.
    """

    def __init__(self, block: Bottleneck) -> None:
        super().__init__()
        self.conv1 = PackedConv(block.conv1, relu=True)
        self.conv2 = PackedConv(block.conv2, relu=True)
        self.conv3 = PackedConv(block.conv3, relu=True)
        self.downsample = block.downsample

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        return self.conv3(self.conv2(self.conv1(x)), shortcut)


def pack_convolutions(net: nn.Module) -> nn.Module:
    """Let every convolution of ``net`` be a ``PackedConv``; changes ``net`` in place.

    For classifying, after ``fold_batch_norms``, whose conditions hold here too: a ReLU that
    directly follows a convolution among a module's children is also run directly after it.
    """
    for module in list(net.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, Bottleneck) and isinstance(child.bn3, nn.Identity):
                setattr(module, name, PackedBottleneck(child))
    for module in list(net.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Conv2d):
                setattr(module, name, PackedConv(child))
        # What was a normalisation does nothing between the two any more.
        children = [(n, c) for n, c in module.named_children() if not isinstance(c, nn.Identity)]
        for (_, first), (name, second) in pairwise(children):
            if isinstance(first, PackedConv) and isinstance(second, nn.ReLU):
                first.relu = True
                setattr(module, name, nn.Identity())
    return net


@cache
def works(dtype: torch.dtype) -> bool:
    """Whether oneDNN's fused operations are there and compute what plain PyTorch does."""
    if not torch.backends.mkldnn.is_available():
        return False
    # Asked for in the middle of a pass: its modes are none of the trial's.
    with torch.inference_mode(False), torch.no_grad(), torch.autocast("cpu", enabled=False):
        return _computes_alike(dtype)


def _computes_alike(dtype: torch.dtype) -> bool:
    # Not initialised, so that the caller's random numbers stay as they are.
    conv = skip_init(nn.Conv2d, 8, 8, 3, padding=1, groups=2, bias=False)
    conv.weight.copy_(torch.arange(288).mul(1.7).sin().view_as(conv.weight))
    x, shortcut = torch.arange(2 * 576).mul(2.3).sin().view(2, 2, 8, 6, 6)
    tried = PackedConv(conv, relu=True)
    expected = tried.plain(x), tried.plain(x, shortcut)
    x, shortcut = (channels_last(t.to(dtype)) for t in (x, shortcut))
    try:
        found = tried.fast(x), tried.fast(x, shortcut)
    except (AttributeError, RuntimeError, TypeError):
        return False
    most = 8 * torch.finfo(dtype).eps
    pairs = zip(found, expected, strict=True)
    return all(bool((a.float() - b).norm() <= most * b.norm()) for a, b in pairs)


def _precision(x: Tensor) -> torch.dtype | None:
    """What a convolution of ``x`` is computed in here; None for what has no packed form."""
    if x.device.type != "cpu" or torch.is_grad_enabled():
        return None
    autocast = torch.is_autocast_enabled("cpu")
    dtype = torch.get_autocast_dtype("cpu") if autocast else x.dtype
    return dtype if dtype in (torch.bfloat16, torch.float32) else None
