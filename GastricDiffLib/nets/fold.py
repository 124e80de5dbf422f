"""Batch normalisation folded into the convolution before it, for classifying only."""

from __future__ import annotations

from itertools import pairwise

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def fold_batch_norms(net: nn.Module) -> nn.Module:
    """Fold every normalisation that directly follows a convolution; changes ``net`` in place.

    With fixed statistics it is a scale and a shift of each channel, which the convolution's
    weights and bias can carry: the same output within rounding, with one pass less over the
    activations. ``net`` must be in evaluation mode, and must run children that are a convolution
    and a normalisation side by side in that order, as all networks here do.
    """
    for module in net.modules():
        for (name, first), (next_name, second) in pairwise(list(module.named_children())):
            if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                setattr(module, name, fuse_conv_bn_eval(first, second))
                setattr(module, next_name, nn.Identity())
    return net
