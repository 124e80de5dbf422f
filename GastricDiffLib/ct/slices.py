"""Axial slices in small batches, and the HU window that they are clipped to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from GastricDiffLib.errors import InputError

if TYPE_CHECKING:
    from GastricDiffLib.ct.volume import CTVolume

_INT16 = np.iinfo(np.int16)


@dataclass(frozen=True)
class Window:
    """The HU that are kept; everything below ``low`` is low, above ``high`` is high."""

    low: float = -1024.0
    high: float = 500.0

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise InputError("the HU window is empty", f"{self.low:g} … {self.high:g}")

    def clip(self, hu: NDArray[np.int16], out: NDArray[np.int16]) -> None:
        """int16 HU kept within the window, written to ``out`` of the same shape."""
        # Whole numbers keep the arithmetic in int16; rounding outwards loses nothing.
        low = max(math.floor(self.low), _INT16.min)
        high = min(math.ceil(self.high), _INT16.max)
        np.clip(hu, low, high, out=out)


def iter_slices(
    volume: CTVolume, indices: Iterable[int], batch_size: int, window: Window | None = None
) -> Iterator[tuple[list[int], NDArray[np.int16]]]:
    """Axial slices ``indices`` in batches: the indices and (B, H, W) int16 HU.

    Each batch is a fresh contiguous copy clipped to ``window``, whatever the order of the
    volume's axes in memory; the volume itself is never copied.

    Raises
    ------
    IndexError
        For a slice that the volume does not have.
    """
    window = window or Window()
    chosen = [int(k) for k in indices]
    count = volume.hu.shape[0]
    if any(not 0 <= k < count for k in chosen):
        raise IndexError(f"slices {chosen} of a volume with {count}")
    for start in range(0, len(chosen), batch_size):
        batch = chosen[start : start + batch_size]
        out = np.empty((len(batch), *volume.hu.shape[1:]), dtype=np.int16)
        for row, k in enumerate(batch):
            window.clip(volume.hu[k], out[row])
        yield batch, out
