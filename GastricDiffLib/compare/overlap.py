"""Where a network looks: its attention maps against the labelled area."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from GastricDiffLib.cohort.dataset import DatasetCase
from GastricDiffLib.inference.model_file import Model
from GastricDiffLib.inference.predictor import Predictor
from GastricDiffLib.inference.slices import CaseSlices
from GastricDiffLib.nets.attention import attention_map
from GastricDiffLib.nets.base import Outputs
from GastricDiffLib.nets.device import pick_device


class Overlap(NamedTuple):
    """(C,) each: a case's mean intersection over union with its ROI, over its ROI's slices.

    ``s4`` and ``s5``: of the attention maps AT-GEN(S4) and AT-GEN(S5); ``chance``: what as many
    pixels drawn at random would give.
    """

    s4: np.ndarray
    s5: np.ndarray
    chance: np.ndarray


def overlap(model: Model, cases: Sequence[DatasetCase], device: str = "auto") -> Overlap:
    """How well attention falls onto the ROI, at the ROI's own area.

    The map is brought to the input's size; as many of its highest pixels as the ROI has there
    are compared with the ROI. Slices whose ROI fills the crop show nothing and are left out; a
    case of such slices alone is nan.

    Raises
    ------
    InputError
        An absent device; too little memory for one slice.
    """
    predictor = Predictor(model.net, model.spec, pick_device(device))
    rows = [_case(predictor, case) for case in cases]
    return Overlap(*(np.array(column) for column in zip(*rows, strict=True)))


def _case(predictor: Predictor, case: DatasetCase) -> tuple[float, float, float]:
    spec = predictor.spec
    size = (spec.size, spec.size)
    slices = CaseSlices(case, spec, case.roi_slices())

    def columns(outputs: Outputs, part: slice) -> Tensor:
        """n×3: overlap of S4, of S5, chance; nan where the ROI is empty or fills the crop."""
        roi = slices.roi(part) >= 0.5
        share = roi.flatten(1).float().mean(dim=1)
        maps = [attention_map(stage, size).cpu() for stage in (outputs.s4, outputs.s5)]
        found = [intersection_over_union(one, roi) for one in maps]
        both = torch.stack([*found, share / (2 - share)], dim=1)
        return both.masked_fill(((share == 0) | (share == 1))[:, None], torch.nan)

    rows = predictor.predict(slices, columns).read
    assert rows is not None
    rows = rows[rows.isfinite().all(dim=1)]
    if not len(rows):
        return (float("nan"),) * 3
    s4, s5, chance = rows.mean(dim=0).tolist()
    return s4, s5, chance


def intersection_over_union(maps: Tensor, roi: Tensor) -> Tensor:
    """IoU of each map's highest pixels with its ROI, as many as the ROI has.

    Parameters
    ----------
    maps
        N×H×W, higher where there is more attention.
    roi
        N×H×W bool.

    Returns
    -------
    Tensor
        N in 0…1; nan where the ROI is empty.
    """
    flat, inside = maps.flatten(1), roi.flatten(1)
    area = inside.sum(dim=1)
    # Ties, as in a flat map, fall by position: the sort is stable.
    rank = flat.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
    chosen = rank < area[:, None]
    both = (chosen & inside).sum(dim=1).float()
    return both / (2 * area - both)
