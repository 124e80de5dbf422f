"""ResNeXt-50 32×4d with its five stages by name (Xie et al., CVPR 2017)."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from GastricDiffLib.nets.base import initialise

BLOCKS = (3, 4, 6, 3)
GROUP_WIDTH = 4
EXPANSION = 4


class Stages(NamedTuple):
    """Outputs of S1…S5, N×C×h×w each, at 1/4 (S1 after pooling, S2), 1/8, 1/16, 1/32."""

    s1: Tensor
    s2: Tensor
    s3: Tensor
    s4: Tensor
    s5: Tensor


class Bottleneck(nn.Module):
    """1×1, grouped 3×3, 1×1 with a shortcut; torchvision's parameter names."""

    def __init__(self, inputs: int, planes: int, groups: int, stride: int) -> None:
        super().__init__()
        middle, outputs = planes * 2, planes * EXPANSION
        self.conv1 = nn.Conv2d(inputs, middle, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(middle)
        self.conv2 = nn.Conv2d(middle, middle, 3, stride, 1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(middle)
        self.conv3 = nn.Conv2d(middle, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Module | None = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        out: Tensor = self.relu(self.bn3(self.conv3(x)) + shortcut)
        return out


class ResNeXt50(nn.Module):
    """The backbone without its classifier; ``stages`` gives what AT-GEN and TAD read.

    ``width`` scales channels and cardinality together, so that a group keeps its four
    channels; 1.0 is ResNeXt-50 32×4d with torchvision's names and shapes.
    """

    def __init__(self, in_channels: int = 1, width: float = 1.0) -> None:
        super().__init__()
        groups = max(1, round(32 * width))
        # planes · 2 channels stand in the first stage's grouped convolution
        planes = groups * GROUP_WIDTH // 2
        self.conv1 = nn.Conv2d(in_channels, planes, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        widths = [planes * 2**index for index in range(len(BLOCKS))]
        self.layer1 = _stage(planes, widths[0], BLOCKS[0], groups, stride=1)
        self.layer2 = _stage(widths[0] * EXPANSION, widths[1], BLOCKS[1], groups, stride=2)
        self.layer3 = _stage(widths[1] * EXPANSION, widths[2], BLOCKS[2], groups, stride=2)
        self.layer4 = _stage(widths[2] * EXPANSION, widths[3], BLOCKS[3], groups, stride=2)
        self.out_channels = widths[3] * EXPANSION
        initialise(self)

    def stages(self, x: Tensor) -> Stages:
        """Run the backbone on N×C×H×W and keep every stage's output."""
        s1 = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        s2 = self.layer1(s1)
        s3 = self.layer2(s2)
        s4 = self.layer3(s3)
        return Stages(s1, s2, s3, s4, self.layer4(s4))

    def forward(self, x: Tensor) -> Tensor:
        """N×C×H×W → N×out_channels×H/32×W/32, the output of S5."""
        return self.stages(x).s5


def _stage(inputs: int, planes: int, depth: int, groups: int, stride: int) -> nn.Sequential:
    first = Bottleneck(inputs, planes, groups, stride)
    more = (Bottleneck(planes * EXPANSION, planes, groups, 1) for _ in range(depth - 1))
    return nn.Sequential(first, *more)
