"""What every system's network offers to training, classification and heat."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn


class Outputs(NamedTuple):
    """What one pass yields, for training and heat.

    ``logits`` N×classes; ``s4``, ``s5`` N×C×h×w, the last two resolution levels, at 1/16 and
    1/32 of the input, which attention heat shows and TAD compares (paper, Fig. 4);
    ``features`` N×C×h×w that the classifier reads.
    """

    logits: Tensor
    s4: Tensor
    s5: Tensor
    features: Tensor


class Network(nn.Module):
    """Base of the systems' networks; ``net(N×C×H×W)`` → logits N×classes, H and W ≥ 32.

    ``stem`` names the weight that meets the input's channels; ``fresh`` are the prefixes of
    what ImageNet weights leave alone: the last layer and what torchvision's network lacks.
    """

    stem: ClassVar[str]
    fresh: ClassVar[tuple[str, ...]]

    def outputs(self, x: Tensor) -> Outputs:
        """N×C×H×W → logits with the stages and features behind them."""
        raise NotImplementedError

    def logits(self, features: Tensor) -> Tensor:
        """The classifier alone: ``Outputs.features`` N×C×h×w → N×classes."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        return self.outputs(x).logits

    def class_activation_map(self, features: Tensor) -> Tensor:
        """How much each place favours the positive class: N×C×h×w → N×h×w, signed.

        h·w · Σ_c A_c · ∂d/∂A_c, where d is the difference of the two classes' logits (HiResCAM,
        Draelos and Carin, 2020). Where one linear layer follows the pooling this is the class
        activation map (Zhou et al., CVPR 2016) and averages to d less its bias. VGG's hidden
        layers are linear around the features at hand: there the places share out d less the
        bias that those layers have at that point.

        In evaluation mode, inside ``torch.inference_mode`` too.
        """
        with torch.inference_mode(False), torch.enable_grad():
            places = features.detach().clone().requires_grad_()
            logits = self.logits(places)
            (slope,) = torch.autograd.grad((logits[:, 1] - logits[:, 0]).sum(), places)
        return (features * slope).sum(dim=1) * (features.shape[-2] * features.shape[-1])


def scaled(channels: int, width: float) -> int:
    """A channel count times the width factor; at least 1."""
    return max(1, round(channels * width))


def initialise(module: nn.Module) -> None:
    """He initialisation for convolutions, identity for normalisation (as torchvision's ResNets).

    Shapes without values (the meta device) stay as they are.
    """
    for part in module.modules():
        if is_meta(part):
            continue
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(part, nn.BatchNorm2d):
            nn.init.ones_(part.weight)
            nn.init.zeros_(part.bias)


def is_meta(module: nn.Module) -> bool:
    """Whether the module's own parameters are shapes without values.

    To draw random numbers for those, PyTorch brings its compiler in: seconds for nothing.
    """
    return any(parameter.is_meta for parameter in module.parameters(recurse=False))
