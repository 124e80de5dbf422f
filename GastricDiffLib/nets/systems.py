"""The paper's eight systems by name, each registered here and nowhere else. Imports no torch.

A further one is a module with its network, a subclass of :class:`GastricDiffLib.nets.base.Network`,
and its entry below: every list of names, check of a setting and choice in a window follows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from GastricDiffLib.nets.base import Network


@dataclass(frozen=True)
class System:
    """One row of the paper's tables.

    Parameters
    ----------
    name
        As on the command line and in model files.
    summary
        One line for a person.
    network
        ``module:class`` in this package; imported when it is built.
    fixed
        Arguments that make this system of the class; ``options`` override them.
    options
        Further names of arguments that a training may choose: ``merge``, ``normalise``.
    tad
        Trained with teacher-attention distillation; the network itself is the same without it.
    on_crop
        Sees the ROI's surroundings in place of whole slices (``InputSpec.crop`` above 0).
    """

    name: str
    summary: str
    network: str
    fixed: Mapping[str, Any] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    tad: bool = False
    on_crop: bool = False

    def build(self, in_channels: int, num_classes: int, width: float, **options: str) -> Network:
        """The network, freshly initialised; see :func:`build_system`."""
        from importlib import import_module

        module, _, name = self.network.partition(":")
        network = getattr(import_module(f"GastricDiffLib.nets.{module}"), name)
        built: Network = network(in_channels, num_classes, width, **{**self.fixed, **options})
        return built


_RESNEXT = "resnext_system:ResNeXtSystem"
_IMPROVED = ("merge", "normalise")

SYSTEMS: dict[str, System] = {
    system.name: system
    for system in (
        System("vgg19", "VGG-19, plain", "vgg:VGG19"),
        System("resnext50", "ResNeXt-50 32×4d, plain", _RESNEXT),
        System(
            "sajja",
            "GoogLeNet with 60 % of its features dropped (Sajja et al.)",
            "googlenet:GoogLeNet",
            {"dropout": 0.6},
        ),
        System(
            "han",
            "GoogLeNet on the ROI crop, three combinations of its phase (Han et al.)",
            "googlenet:GoogLeNet",
            {"phases": 3},
            on_crop=True,
        ),
        System("r50-dpn", "ResNeXt-50 with a dual-path head", _RESNEXT, {"merge": "none"}),
        System(
            "r50-imp-dpn",
            "ResNeXt-50 with a dual-path head that its attention map joins",
            _RESNEXT,
            {"merge": "concat"},
            _IMPROVED,
        ),
        System("r50-tad", "ResNeXt-50 taught by the box where to look", _RESNEXT, tad=True),
        System(
            "r50-imp-dpn-tad",
            "r50-imp-dpn taught by the box where to look: the paper's own",
            _RESNEXT,
            {"merge": "concat"},
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
