"""The square of a slice that a network sees, and the way of its maps back onto the slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Crop:
    """``side``×``side`` pixels from row ``top`` and column ``left``; may reach beyond the slice."""

    top: int
    left: int
    side: int

    @classmethod
    def whole(cls, height: int, width: int) -> Crop:
        """All of a slice, in the middle of a square: nothing is stretched."""
        side = max(height, width)
        return cls(-((side - height) // 2), -((side - width) // 2), side)

    @classmethod
    def around(cls, rectangles: Sequence[Sequence[int]] | np.ndarray, factor: float) -> Crop:
        """``factor`` times the longer side of the rectangle around all of a case's ROI cuts.

        ``rectangles``: y0, x0, y1, x1 in pixels, half-open, one a slice.
        """
        corners = np.asarray(rectangles, dtype=int)
        y0, x0 = corners[:, :2].min(axis=0)
        y1, x1 = corners[:, 2:].max(axis=0)
        side = max(8, round(factor * max(y1 - y0, x1 - x0)))
        return cls(round((y0 + y1 - side) / 2), round((x0 + x1 - side) / 2), side)

    def cut(self, x: Tensor, beyond: float = 0) -> Tensor:
        """…×H×W → …×side×side, a copy; ``beyond`` outside the slice."""
        height, width = x.shape[-2:]
        right, bottom = self.left + self.side - width, self.top + self.side - height
        # A negative padding crops.
        return F.pad(x, (-self.left, right, -self.top, bottom), value=beyond)

    def back(self, maps: Tensor, height: int, width: int) -> Tensor:
        """N×h×w maps of the crop → N×H×W on the slice's pixels, bilinear; 0 outside."""
        size = (self.side, self.side)
        full = F.interpolate(maps[:, None].float(), size=size, mode="bilinear")[:, 0]
        if (self.top, self.left, self.side, self.side) == (0, 0, height, width):
            return full
        right, bottom = self.left + self.side - width, self.top + self.side - height
        return F.pad(full, (self.left, -right, self.top, -bottom))
