"""From int16 HU slices to what a network takes in."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from GastricDiffLib.nets.choices import SCOPES
from GastricDiffLib.nets.crop import Crop


@dataclass(frozen=True)
class InputSpec:
    """How slices enter a network; part of the model file.

    ``size``: pixels of the square input; ``window``: (low, high) HU that are clipped and
    scaled to 0…1; ``mean`` and ``std`` of the scaled intensities; ``scope``: the slices that
    are classified, ``roi`` (those that the box cuts) or ``all``; ``crop``: 0 for the whole
    slice, as in the paper, or the side of the crop in multiples of the box's longer side.
    """

    size: int = 224
    window: tuple[float, float] = (-1024.0, 500.0)
    mean: float = 0.0
    std: float = 1.0
    scope: str = "roi"
    crop: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"window": list(self.window)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> InputSpec:
        """Raises KeyError, TypeError or ValueError on anything but ``to_json``'s form."""
        low, high = (float(edge) for edge in data["window"])
        mean, std, crop = (float(data[name]) for name in ("mean", "std", "crop"))
        spec = cls(int(data["size"]), (low, high), mean, std, data["scope"], crop)
        fits = spec.size >= 32 and low < high and std > 0 and crop >= 0
        if not fits or spec.scope not in SCOPES:
            raise ValueError(f"input {data} does not describe a network's input")
        return spec

    def crop_of(self, rectangles: np.ndarray, height: int, width: int) -> Crop:
        """What of a case's slices is seen; ``rectangles`` (N, 4) as in :meth:`Crop.around`."""
        return Crop.around(rectangles, self.crop) if self.crop else Crop.whole(height, width)

    def scaled(self, hu: Tensor, crop: Crop) -> Tensor:
        """N×H×W HU → N×1×size×size float32 in 0…1; air beyond the slice."""
        low, high = self.window
        # Cut first: the crop is mostly a small part of the slice. Whole numbers, for int16.
        seen = crop.cut(hu, max(math.floor(low), -(1 << 15)))
        return self.resized(seen.float().clamp_(low, high).sub_(low).div_(high - low))

    def resized(self, x: Tensor) -> Tensor:
        """N×side×side → N×1×size×size, smoothed where it shrinks."""
        size = (self.size, self.size)
        return F.interpolate(x[:, None], size=size, mode="bilinear", antialias=True)

    def normalised(self, scaled: Tensor) -> Tensor:
        """The network's input proper, from :meth:`scaled`'s output."""
        return (scaled - self.mean) / self.std


def to_device(hu: Any, device: torch.device) -> Tensor:
    """A contiguous int16 array N×H×W onto the device, without a detour through float."""
    tensor = torch.from_numpy(hu)
    if device.type == "cuda":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)
