"""The paper's eight systems by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch.nn.functional as F
from torch import Tensor, nn

from GastricDiffLib.nets.base import Network, Outputs
from GastricDiffLib.nets.dual_path import DualPathHead
from GastricDiffLib.nets.googlenet import GoogLeNet
from GastricDiffLib.nets.resnext import ResNeXt50
from GastricDiffLib.nets.vgg import VGG19


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
        return self.fc(F.adaptive_avg_pool2d(features, 1).flatten(1))


@dataclass(frozen=True)
class System:
    """One row of the paper's tables.

    ``summary``: one line for a person; ``build`` takes in_channels, num_classes, width and
    those ``options`` that the system has; ``tad``: trained with teacher-attention
    distillation (the network itself is the same without it); ``on_crop``: sees the ROI's
    surroundings in place of whole slices (``InputSpec.crop`` above 0).
    """

    name: str
    summary: str
    build: Callable[..., Network]
    options: tuple[str, ...] = ()
    tad: bool = False
    on_crop: bool = False


_IMPROVED = ("merge", "normalise")

SYSTEMS: dict[str, System] = {
    system.name: system
    for system in (
        System("vgg19", "VGG-19, plain", VGG19),
        System("resnext50", "ResNeXt-50 32×4d, plain", ResNeXtSystem),
        System(
            "sajja",
            "GoogLeNet with 60 % of its features dropped (Sajja et al.)",
            partial(GoogLeNet, dropout=0.6),
        ),
        System(
            "han",
            "GoogLeNet on the ROI crop, three combinations of its phase (Han et al.)",
            partial(GoogLeNet, phases=3),
            on_crop=True,
        ),
        System("r50-dpn", "ResNeXt-50 with a dual-path head", partial(ResNeXtSystem, merge="none")),
        System(
            "r50-imp-dpn",
            "ResNeXt-50 with a dual-path head that its attention map joins",
            partial(ResNeXtSystem, merge="concat"),
            _IMPROVED,
        ),
        System("r50-tad", "ResNeXt-50 taught by the box where to look", ResNeXtSystem, tad=True),
        System(
            "r50-imp-dpn-tad",
            "r50-imp-dpn taught by the box where to look: the paper's own",
            partial(ResNeXtSystem, merge="concat"),
            _IMPROVED,
            tad=True,
        ),
    )
}


def build_system(
    name: str, in_channels: int = 1, num_classes: int = 2, width: float = 1.0, **options: str
) -> Network:
    """Build a system by its name, freshly initialised.

    Parameters
    ----------
    name
        A key of ``SYSTEMS``.
    in_channels
        1 for CT.
    num_classes
        2: undifferentiated, differentiated.
    width
        Factor on all channel counts; below 1 for small networks.
    options
        ``merge`` and ``normalise`` where the system has an improved head.

    Returns
    -------
    Network
        A module; ``net(N×C×H×W)`` gives logits N×num_classes, for H and W from 32.

    Raises
    ------
    ValueError
        Unknown name or option, or a width that is not positive.
    """
    if name not in SYSTEMS:
        raise ValueError(f"no system {name!r}; there are {', '.join(SYSTEMS)}")
    if not width > 0:
        raise ValueError(f"width must be positive, not {width}")
    system = SYSTEMS[name]
    for option in options:
        if option not in system.options:
            has = ", ".join(system.options) or "none"
            raise ValueError(f"{name} has no option {option!r}; its options: {has}")
    return system.build(in_channels, num_classes, width, **options)
