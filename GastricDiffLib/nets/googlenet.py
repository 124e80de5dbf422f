"""GoogLeNet without auxiliary heads (Szegedy et al., CVPR 2015), batch-normalised."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from GastricDiffLib.nets.base import Network, Outputs, initialise, scaled

# Output channels of an inception's parts: 1×1; 3×3 behind its reduction; the same again (5×5
# in the publication, 3×3 in torchvision, whose weights are to fit); the pooled branch.
INCEPTIONS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


class Normalised(nn.Module):
    """Convolution–BN–ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.relu(self.bn(self.conv(x)))
        return out


class Inception(nn.Module):
    """Four branches side by side, their outputs concatenated.

    ``parts``: as in ``INCEPTIONS``, scaled; maps N×inputs×h×w to N×out_channels×h×w.
    """

    def __init__(self, inputs: int, parts: list[int]) -> None:
        super().__init__()
        one, reduce_two, two, reduce_three, three, pooled = parts
        self.branch1 = Normalised(inputs, one)
        self.branch2 = nn.Sequential(Normalised(inputs, reduce_two), Normalised(reduce_two, two, 3))
        self.branch3 = nn.Sequential(
            Normalised(inputs, reduce_three), Normalised(reduce_three, three, 3)
        )
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), Normalised(inputs, pooled))
        self.out_channels = one + two + three + pooled

    def forward(self, x: Tensor) -> Tensor:
        branches = (self.branch1, self.branch2, self.branch3, self.branch4)
        return torch.cat([branch(x) for branch in branches], dim=1)


class GoogLeNet(Network):
    """GoogLeNet with torchvision's names.

    Parameters
    ----------
    in_channels, num_classes
        Of input and logits.
    width
        Factor on all channel counts.
    dropout
        Share of the pooled features dropped in training.
    phases
        How many learned linear combinations of the input's channels the network reads in their
        place (a 1×1 convolution before the stem); 0 for the channels themselves.
    """

    stem = "conv1.conv.weight"
    fresh = ("fc.", "phases.", "aux1.", "aux2.")

    def __init__(
        self,
        in_channels: int,
        num_classes: int,
        width: float = 1.0,
        dropout: float = 0.2,
        phases: int = 0,
    ) -> None:
        super().__init__()
        first, second = scaled(64, width), scaled(192, width)
        self.conv1 = Normalised(phases or in_channels, first, 7, 2)
        self.conv2 = Normalised(first, first)
        self.conv3 = Normalised(first, second, 3)
        channels = second
        for name, parts in INCEPTIONS.items():
            block = Inception(channels, [scaled(part, width) for part in parts])
            self.add_module(f"inception{name}", block)
            channels = block.out_channels
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(channels, num_classes)
        initialise(self)
        self.phases: nn.Conv2d | None = None
        if phases:
            self.phases = nn.Conv2d(in_channels, phases, 1, bias=False)
            # Each begins as the mean of the input's channels: of one channel, that channel.
            nn.init.constant_(self.phases.weight, 1 / in_channels)

    def outputs(self, x: Tensor) -> Outputs:
        """``s4`` and ``s5`` are the outputs of inception 4e and 5b."""
        if self.phases is not None:
            x = self.phases(x)
        x = _halved(self.conv1(x))
        x = _halved(self.conv3(self.conv2(x)))
        x = _halved(self._inceptions(x, "3a", "3b"))
        s4 = self._inceptions(x, "4a", "4b", "4c", "4d", "4e")
        s5 = self._inceptions(_halved(s4, 2), "5a", "5b")
        return Outputs(self.logits(s5), s4, s5, s5)

    def _inceptions(self, x: Tensor, *names: str) -> Tensor:
        for name in names:
            x = self.get_submodule(f"inception{name}")(x)
        return x

    def logits(self, features: Tensor) -> Tensor:
        pooled = F.adaptive_avg_pool2d(features, 1).flatten(1)
        logits: Tensor = self.fc(self.dropout(pooled))
        return logits


def _halved(x: Tensor, window: int = 3) -> Tensor:
    return F.max_pool2d(x, window, 2, ceil_mode=True)
