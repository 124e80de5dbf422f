"""Dual-path blocks and the head of the paper built from them.

Chen et al., "Dual Path Networks", NeurIPS 2017, for the block; the paper's section 3.2
for merging the attention map of the head's own input with its output.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from GastricDiffLib.nets.attention import attention_map
from GastricDiffLib.nets.base import initialise
from GastricDiffLib.nets.choices import MERGES
from GastricDiffLib.nets.resnext import GROUP_WIDTH


class PreActivated(nn.Sequential):
    """BN–ReLU–convolution, the order that the DPN paper uses."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, groups: int = 1) -> None:
        super().__init__(
            nn.BatchNorm2d(inputs),
            nn.ReLU(inplace=False),
            nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, groups=groups, bias=False),
        )


class DualPathBlock(nn.Module):
    """1×1, grouped 3×3, 1×1; the result is added to one path and concatenated to the other.

    Takes and returns (residual N×R×h×w, dense N×D×h×w); D grows by ``growth``.
    """

    def __init__(self, residual: int, dense: int, middle: int, growth: int, groups: int) -> None:
        super().__init__()
        self.residual = residual
        self.reduce = PreActivated(residual + dense, middle)
        self.spread = PreActivated(middle, middle, 3, groups)
        self.expand = PreActivated(middle, residual + growth)

    def forward(self, residual: Tensor, dense: Tensor) -> tuple[Tensor, Tensor]:
        out = self.expand(self.spread(self.reduce(torch.cat((residual, dense), dim=1))))
        # Split, not sliced: the way back is then one concatenation.
        added, grown = out.split((self.residual, out.shape[1] - self.residual), dim=1)
        return residual + added, torch.cat((dense, grown), dim=1)


class DualPathHead(nn.Module):
    """The backbone's output through a dual-path network, merged with its own attention map.

    Maps N×inputs×h×w to N×out_channels×h×w, non-negative.

    Parameters
    ----------
    inputs
        Channels of the backbone's output.
    width
        The system's width factor.
    merge
        ``none`` (plain DPN), ``concat`` (the map as one more channel, fused by 1×1 conv–BN–ReLU) or
        ``gate`` (D·(1+Â)).
    normalise
        Of AT-GEN.
    blocks
        How many dual-path blocks.

    Raises
    ------
    ValueError
        Unknown merge.
    """

    def __init__(
        self,
        inputs: int,
        width: float = 1.0,
        merge: str = "concat",
        normalise: str = "l2",
        blocks: int = 2,
    ) -> None:
        super().__init__()
        if merge not in MERGES:
            raise ValueError(f"merge must be one of {', '.join(MERGES)}, not {merge!r}")
        self.merge, self.normalise = merge, normalise
        groups = max(1, round(32 * width))
        self.residual = groups * 8 * GROUP_WIDTH
        growth, middle = groups * GROUP_WIDTH, groups * 4 * GROUP_WIDTH
        dense = 2 * growth
        self.project = PreActivated(inputs, self.residual + dense)
        self.blocks = nn.ModuleList()
        for _ in range(blocks):
            self.blocks.append(DualPathBlock(self.residual, dense, middle, growth, groups))
            dense += growth
        channels = self.residual + dense
        self.activate = nn.Sequential(nn.BatchNorm2d(channels), nn.ReLU(inplace=True))
        if merge == "concat":
            self.fuse = nn.Sequential(
                nn.Conv2d(channels + 1, self.residual, 1, bias=False),
                nn.BatchNorm2d(self.residual),
                nn.ReLU(inplace=True),
            )
            channels = self.residual
        self.out_channels = channels
        initialise(self)

    def forward(self, features: Tensor) -> Tensor:
        first = self.project(features)
        residual, dense = first.split((self.residual, first.shape[1] - self.residual), dim=1)
        for block in self.blocks:
            residual, dense = block(residual, dense)
        out: Tensor = self.activate(torch.cat((residual, dense), dim=1))
        if self.merge == "none":
            return out
        attention = attention_map(features, normalise=self.normalise)[:, None].to(out.dtype)
        if self.merge == "gate":
            return out * (1 + attention)
        # An L2-normalised map shrinks with the number of its pixels: brought to a mean square
        # of 1 it weighs like the other channels at any input size.
        pixels = attention.shape[-2] * attention.shape[-1]
        scale = pixels**0.5 if self.normalise == "l2" else 1.0
        fused: Tensor = self.fuse(torch.cat((out, attention * scale), dim=1))
        return fused
