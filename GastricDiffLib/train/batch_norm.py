"""Batch normalisation over a batch that several processes hold parts of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

PLACES = (0, 2, 3)  # all but the channels


class GlobalBatchNorm2d(nn.BatchNorm2d):
    """BatchNorm2d whose batch is that of all processes; the same parameters, buffers, results.

    For tensors on the CPU, which torch's SyncBatchNorm refuses. In training all processes must
    call it, each with at least one image. Gradients of weight and bias are this process's part.
    """

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        out, mean, variance, count = _normalise(x, self.weight, self.bias, self.eps)
        seen, running_mean, running_var = (
            self.num_batches_tracked,
            self.running_mean,
            self.running_var,
        )
        if seen is not None and running_mean is not None and running_var is not None:
            seen.add_(1)
            step = self.momentum or 1 / seen.item()
            running_mean.lerp_(mean, step)
            running_var.lerp_(variance * (count / (count - 1)), step)
        return out


class _Normalise(torch.autograd.Function):
    """x N×C×H×W, weight C, bias C → normalised x, mean C, biased variance C, number of values."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, eps: float
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        wide = x.to(weight.dtype)
        variance, mean = torch.var_mean(wide, PLACES, correction=0)
        count = mean.new_full((1,), x.numel() // x.shape[1])
        own = torch.cat((mean, variance, count))
        parts = [torch.empty_like(own) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, own)
        stacked = torch.stack(parts)
        means, variances, counts = torch.split(stacked, [len(mean), len(mean), 1], dim=1)
        count = counts.sum()
        share = counts / count
        mean = (share * means).sum(0)
        # Within the parts and between them: no difference of large squares.
        variance = (share * (variances + (means - mean).square())).sum(0)
        ctx.save_for_backward(x, weight, mean, (variance + eps).rsqrt(), count)
        ctx.mark_non_differentiable(mean, variance, count)
        out = F.batch_norm(x, mean, variance, weight, bias, training=False, eps=eps)
        return out, mean, variance, count

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slope: Tensor, *_: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        x, weight, mean, scale, count = ctx.saved_tensors
        wide = slope.to(weight.dtype)
        standard = (x.to(weight.dtype) - _channels(mean)) * _channels(scale)
        own_bias = wide.sum(PLACES)
        own_weight = (wide * standard).sum(PLACES)
        both = torch.stack((own_bias, own_weight))
        dist.all_reduce(both)
        through_mean, through_scale = both / count
        inner = wide - _channels(through_mean) - standard * _channels(through_scale)
        return (inner * _channels(weight * scale)).to(x.dtype), own_weight, own_bias, None


_normalise: Callable[[Tensor, Tensor, Tensor, float], tuple[Tensor, Tensor, Tensor, Tensor]] = (
    _Normalise.apply
)


def _channels(values: Tensor) -> Tensor:
    return values[:, None, None]


def normalise_globally(net: nn.Module, device: torch.device) -> nn.Module:
    """Let every BatchNorm2d of ``net`` see the batch of all processes; changes it in place.

    The state dict keeps its names and values.
    """
    if device.type == "cuda":
        convert: Callable[[nn.Module], nn.Module] = nn.SyncBatchNorm.convert_sync_batchnorm
        return convert(net)
    for module in net.modules():
        if type(module) is nn.BatchNorm2d:
            # The two hold the same state and differ in what they do with it alone.
            module.__class__ = GlobalBatchNorm2d
    return net
