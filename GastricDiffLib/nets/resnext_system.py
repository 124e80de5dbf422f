"""ResNeXt-50 as a system of the paper: plain, or with the dual-path head."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from GastricDiffLib.nets.base import Network, Outputs
from GastricDiffLib.nets.dual_path import DualPathHead
from GastricDiffLib.nets.resnext import ResNeXt50


class ResNeXtSystem(Network, ResNeXt50):
    """ResNeXt-50, optionally with a dual-path head; ``net(N×C×H×W)`` → logits N×classes.

    A subclass of the backbone, so that its parameters keep torchvision's names.
    """

    stem = "conv1.weight"
    fresh = ("fc.", "head.")

    def __init__(
        self,
        in_channels: int,
        num_classes: int,
        width: float,
        merge: str | None = None,
        normalise: str = "l2",
    ) -> None:
        super().__init__(in_channels, width)
        channels = self.out_channels
        self.head: DualPathHead | None = None
        if merge is not None:
            self.head = DualPathHead(channels, width, merge, normalise)
            channels = self.head.out_channels
        self.fc = nn.Linear(channels, num_classes)

    def outputs(self, x: Tensor) -> Outputs:
        stages = self.stages(x)
        features = stages.s5 if self.head is None else self.head(stages.s5)
        return Outputs(self.logits(features), stages.s4, stages.s5, features)

    def logits(self, features: Tensor) -> Tensor:
        logits: Tensor = self.fc(F.adaptive_avg_pool2d(features, 1).flatten(1))
        return logits
