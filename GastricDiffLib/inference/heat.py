"""Heat: maps of a network's outputs, laid over the slices that they come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from GastricDiffLib.ct.axial import to_axial
from GastricDiffLib.ct.volume import CTVolume
from GastricDiffLib.errors import InputError
from GastricDiffLib.inference.slices import Indices
from GastricDiffLib.memory import give_back_memory
from GastricDiffLib.nets.attention import attention_map
from GastricDiffLib.nets.base import Network, Outputs
from GastricDiffLib.nets.crop import Crop

_UPSAMPLED = 2
"""Slices whose heat is upsampled together: they stay in the processor's cache."""
_LARGE_HEAT = 64 << 20
"""Bytes. For a smaller one it is quicker to keep what the network leaves than to return it."""


@dataclass(frozen=True)
class HeatMaps:
    """How a kind of heat is computed.

    ``of`` takes a network and its outputs of N slices and returns maps N×h×w, float32. Where
    ``signed``, positive values are for the positive class and negative ones for the other: heat
    then shows what is in favour of the class that the case votes for.
    """

    of: Callable[[Network, Outputs], Tensor]
    signed: bool = False

    def towards(self, maps: Tensor, positive: bool) -> Tensor:
        """The maps as heat shows them for a case that votes for the positive class or not."""
        return -maps if self.signed and not positive else maps


def _attention(net: Network, outputs: Outputs) -> Tensor:
    size = (outputs.s4.shape[-2], outputs.s4.shape[-1])
    # Both stages are taught where to look; what both look at is what counts.
    return (attention_map(outputs.s4) * attention_map(outputs.s5, size)).sqrt()


def _class_activation(net: Network, outputs: Outputs) -> Tensor:
    return net.class_activation_map(outputs.features.float())


HEAT_MAPS: dict[str, HeatMaps] = {
    "attention": HeatMaps(_attention),
    "cam": HeatMaps(_class_activation, signed=True),
}
"""Keys as in ``HEAT_KINDS``."""


def heat_maps(name: str) -> HeatMaps:
    """The kind of heat that ``--heat`` names.

    Raises
    ------
    InputError
        There is none of this name.
    """
    if name not in HEAT_MAPS:
        raise InputError(f"unknown heat {name!r}", hint=f"choose one of {', '.join(HEAT_MAPS)}")
    return HEAT_MAPS[name]


def heat_volume(
    maps: Tensor, chosen: Indices, crop: Crop, volume: CTVolume
) -> npt.NDArray[np.float32]:
    """Lay maps over the slices that they come from, on the input's own grid.

    Parameters
    ----------
    maps
        N×h×w, the higher the hotter; what is below 0 counts as 0.
    chosen
        (N,) the axial slices that they belong to.
    crop
        What of a slice the maps cover.
    volume
        The CT.

    Returns
    -------
    NDArray
        (K, J, I) in 0…1 on ``volume.grid``: each slice above its own floor, one scale a case, 0
        beyond the crop and on slices that were not chosen.
    """
    maps = maps.clamp_min(0)
    maps = maps - maps.amin(dim=(1, 2), keepdim=True)
    maps = maps / maps.max().clamp_min(torch.finfo(maps.dtype).tiny)
    straight = volume.grid.is_upright()
    heat = np.zeros(volume.grid.shape if straight else volume.hu.shape, dtype=np.float32)
    if heat.nbytes > _LARGE_HEAT:
        # The heat comes where the activations were, not on top of them.
        give_back_memory()
    # Where the axes only change places, the slices go straight to where they belong.
    axial = to_axial(heat, volume) if straight else heat
    height, width = axial.shape[1:]
    for start in range(0, len(chosen), _UPSAMPLED):
        part = slice(start, start + _UPSAMPLED)
        slices = crop.back(maps[part], height, width)
        # 256 steps are more than an eye distinguishes; files with heat in them shrink by half.
        slices.mul_(256).round_().div_(256)
        for k, one in zip(chosen[part], slices, strict=True):
            axial[k] = one.numpy()
    return heat if straight else volume.to_input_grid(axial)
