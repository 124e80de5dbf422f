"""The slices that a network sees, of a CT or of a dataset's case, read part by part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from GastricDiffLib.cohort.dataset import DatasetCase
from GastricDiffLib.ct.slices import Window, iter_slices
from GastricDiffLib.ct.volume import CTVolume
from GastricDiffLib.nets.crop import Crop
from GastricDiffLib.nets.input import InputSpec, to_device

Indices = npt.NDArray[np.int_]


class Slices(Protocol):
    """Slices in a row, scaled to a network's input."""

    def __len__(self) -> int:
        """How many there are."""

    def images(self, part: slice, device: torch.device) -> Tensor:
        """n×1×size×size float32 in 0…1 on the device, of the places ``part.start … part.stop``."""


class VolumeSlices:
    """The axial slices ``chosen`` of a CT, seen through ``crop``."""

    def __init__(self, volume: CTVolume, chosen: Indices, crop: Crop, spec: InputSpec) -> None:
        self._volume, self._chosen = volume, chosen
        self._crop, self._spec = crop, spec
        self._window = Window(*spec.window)

    def __len__(self) -> int:
        return len(self._chosen)

    def images(self, part: slice, device: torch.device) -> Tensor:
        """See :class:`Slices`."""
        chosen = self._chosen[part]
        ((_, hu),) = iter_slices(self._volume, chosen, len(chosen), self._window)
        return self._spec.scaled(to_device(hu, device), self._crop)


class CaseSlices:
    """The slices of a dataset's case that ``spec`` names, or those of ``chosen``."""

    def __init__(self, case: DatasetCase, spec: InputSpec, chosen: Indices | None = None) -> None:
        self._case, self._spec = case, spec
        self._chosen = case_slices(case, spec.scope) if chosen is None else chosen
        self._crop = case_crop(case, spec)

    def __len__(self) -> int:
        return len(self._chosen)

    def images(self, part: slice, device: torch.device) -> Tensor:
        """See :class:`Slices`."""
        hu = self._case.read_hu(self._chosen[part])
        return self._spec.scaled(to_device(hu, device), self._crop)

    def roi(self, part: slice) -> Tensor:
        """The ROI on the network's grid: n×size×size in 0…1, the share of a pixel inside."""
        _, mask = self._case.read(self._chosen[part])
        return self._spec.resized(self._crop.cut(torch.from_numpy(mask).float()))[:, 0]


class JoinedSlices:
    """Those of several in a row; a part may reach over the border between two."""

    def __init__(self, parts: Sequence[Slices]) -> None:
        self.parts = parts
        self._ends = np.cumsum([len(one) for one in parts], dtype=int)

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def images(self, part: slice, device: torch.device) -> Tensor:
        """See :class:`Slices`."""
        found = []
        first = int(np.searchsorted(self._ends, part.start, side="right"))
        for one, end in zip(self.parts[first:], self._ends[first:], strict=True):
            begin = int(end) - len(one)
            if begin >= part.stop:
                break
            own = slice(max(part.start - begin, 0), min(part.stop - begin, len(one)))
            if own.stop > own.start:
                found.append(one.images(own, device))
        return torch.cat(found)


def case_slices(case: DatasetCase, scope: str) -> Indices:
    """(N,) the axial slices of a case that a network of this scope sees."""
    return case.roi_slices() if scope == "roi" else np.arange(case.n_slices)


def case_crop(case: DatasetCase, spec: InputSpec) -> Crop:
    """What of a case's slices a network with this input sees."""
    return spec.crop_of(case.rectangles(), *case.shape)
