"""The paper's systems by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn

from GastricDiffLib.nets.dual_path import DualPathHead
from GastricDiffLib.nets.resnext import ResNeXt50


class Outputs(NamedTuple):
    """What one pass yields, for training and heat.

    ``logits`` N×classes; ``s4``, ``s5`` the stages that TAD compares (paper, Fig. 4);
    ``features`` N×C×h×w that the classifier pools.
    """

    logits: Tensor
    s4: Tensor
    s5: Tensor
    features: Tensor


class ResNeXtSystem(ResNeXt50):
    """ResNeXt-50, optionally with a dual-path head; ``net(N×C×H×W)`` → logits N×classes.

    A subclass of the backbone, so that its parameters keep torchvision's names.
    """

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
        """N×C×H×W → logits with the stages and features behind them."""
        stages = self.stages(x)
        features = stages.s5 if self.head is None else self.head(stages.s5)
        pooled = F.adaptive_avg_pool2d(features, 1).flatten(1)
        return Outputs(self.fc(pooled), stages.s4, stages.s5, features)

    def forward(self, x: Tensor) -> Tensor:
        return self.outputs(x).logits

    def evidence(self, features: Tensor) -> Tensor:
        """How much each place speaks for the positive class: N×C×h×w → N×h×w, signed.

        The class activation map (Zhou et al., CVPR 2016) of the logit difference; exact here,
        since a single linear layer follows the pooling.
        """
        weight = (self.fc.weight[1] - self.fc.weight[0]).to(features.dtype)
        return (features * weight[:, None, None]).sum(dim=1)


@dataclass(frozen=True)
class System:
    """One row of the paper's tables.

    ``tad``: trained with teacher-attention distillation (the network itself is the same
    without it); ``build`` takes in_channels, num_classes, width and the system's options.
    """

    name: str
    summary: str
    tad: bool
    build: Callable[..., ResNeXtSystem]


def _resnext(merge: str | None) -> Callable[..., ResNeXtSystem]:
    def build(in_channels: int, num_classes: int, width: float, **options: str) -> ResNeXtSystem:
        chosen = options.pop("merge", merge)
        return ResNeXtSystem(in_channels, num_classes, width, chosen, **options)

    return build


SYSTEMS: dict[str, System] = {
    system.name: system
    for system in (
        System("resnext50", "ResNeXt-50 32×4d", False, _resnext(None)),
        System("r50-dpn", "ResNeXt-50 and a dual-path head", False, _resnext("none")),
        System("r50-imp-dpn", "… with its attention map merged in", False, _resnext("concat")),
        System("r50-tad", "ResNeXt-50 taught by the box", True, _resnext(None)),
        System("r50-imp-dpn-tad", "the paper's own: both", True, _resnext("concat")),
    )
}


def build_system(
    name: str, in_channels: int = 1, num_classes: int = 2, width: float = 1.0, **options: str
) -> ResNeXtSystem:
    """Build a system by its name, freshly initialised.

    Args:
        name: a key of ``SYSTEMS``.
        in_channels: 1 for CT.
        num_classes: 2: undifferentiated, differentiated.
        width: factor on all channel counts; below 1 for small networks.
        options: ``merge`` and ``normalise`` where the system has an improved head.

    Returns:
        A module; ``net(N×C×H×W)`` gives logits N×num_classes.

    Raises:
        ValueError: unknown name or option, or a width that is not positive.
    """
    if name not in SYSTEMS:
        raise ValueError(f"no system {name!r}; there are {', '.join(SYSTEMS)}")
    if not width > 0:
        raise ValueError(f"width must be positive, not {width}")
    return SYSTEMS[name].build(in_channels, num_classes, width, **options)
