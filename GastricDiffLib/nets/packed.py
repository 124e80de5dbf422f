"""Convolutions as oneDNN runs them fastest on a CPU: weights packed once, sum and ReLU within.

Autocast casts and reorders every weight in every pass, and PyTorch runs over the activations
again for each sum and ReLU: together a sixth of a pass. The operations used here are the ones
that ``torch.compile`` emits. They need no compiler, but they are no public interface: where
they are missing or compute something else, the same modules run plain PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from GastricDiffLib.nets.device import channels_last
from GastricDiffLib.nets.resnext import Bottleneck, ResNeXt50
from GastricDiffLib.nets.rounding import rounded

_NOTHING = (None,)


class PackedConv(nn.Module):
    """A convolution, optionally with a shortcut added and a ReLU after it.

    Shares the weights of the ``nn.Conv2d`` it is made from; packs them anew when they, the
    precision or the input's shape change, since oneDNN's order of weights depends on all three.
    ``exact`` keeps it in float32 whatever the precision of the others.
    """

    def __init__(self, conv: nn.Conv2d, relu: bool = False) -> None:
        super().__init__()
        self.weight, self.bias = conv.weight, conv.bias
        self.stride, self.padding = conv.stride, conv.padding
        self.dilation, self.groups = conv.dilation, conv.groups
        self.relu, self.exact = relu, False
        self._cast: tuple[Any, ...] = _NOTHING
        self._packed: tuple[Any, ...] = _NOTHING

    def forward(self, x: Tensor, shortcut: Tensor | None = None) -> Tensor:
        """N×C×H×W → N×C'×H'×W'; a ``shortcut`` of that shape is overwritten with the output."""
        dtype = _precision(x)
        if dtype is None or not works(dtype):
            return self.plain(x, shortcut)
        dtype = torch.float32 if self.exact else dtype
        return self.fast(x.to(dtype), None if shortcut is None else shortcut.to(dtype))

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
            out: Tensor = torch.ops.mkldnn._convolution_pointwise(
                x, weight, bias, *how, relu, [], ""
            )
        else:
            out = torch.ops.mkldnn._convolution_pointwise_.binary(
                shortcut, x, weight, bias, *how, "add", 1.0, relu, [], ""
            )
        return out

    def _weights(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        key = (x.dtype, self.weight._version, self.weight.data_ptr())
        if key != self._cast[0]:
            half = x.dtype != torch.float32
            weight = rounded(self.weight, x.dtype) if half else self.weight.detach()
            bias = None if self.bias is None else self.bias.detach().to(x.dtype)
            # In channels-last order there is a fast way into any of oneDNN's.
            self._cast = (key, channels_last(weight), bias)
            self._packed = _NOTHING
        if x.shape != self._packed[0]:
            weight = torch.ops.mkldnn._reorder_convolution_weight(
                self._cast[1], self.padding, self.stride, self.dilation, self.groups, list(x.shape)
            )
            self._packed = (x.shape, weight)
        return self._packed[1], self._cast[2]

    def __getstate__(self) -> dict[str, Any]:
        # A packed tensor cannot be copied; it is made anew.
        return self.__dict__ | {"_cast": _NOTHING, "_packed": _NOTHING}


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
        out: Tensor = self.conv3(self.conv2(self.conv1(x)), shortcut)
        return out


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
    first_block = net.layer1[0] if isinstance(net, ResNeXt50) else None
    if isinstance(first_block, PackedBottleneck):
        # Half of what is left of 16 bits' error comes from here, and no hundredth of the work is
        # done here: it reads little more than the intensities, whose differences are small.
        first_block.conv1.exact = True
    return net


@cache
def works(dtype: torch.dtype) -> bool:
    """Whether oneDNN's fused operations are there and compute what plain PyTorch does."""
    available: Callable[[], bool] = torch.backends.mkldnn.is_available
    if not available():
        return False
    # Asked for in the middle of a pass: its modes are none of the trial's.
    with torch.inference_mode(False), torch.no_grad(), torch.autocast("cpu", enabled=False):
        return _computes_alike(dtype)


def _computes_alike(dtype: torch.dtype) -> bool:
    # The caller's random numbers stay as they are. (To leave the weights uninitialised instead
    # would import a computer algebra system.)
    with torch.random.fork_rng(devices=[]):
        conv = nn.Conv2d(8, 8, 3, padding=1, groups=2, bias=False)
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
