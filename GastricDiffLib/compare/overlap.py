"""Where a network looks: its attention maps against the labelled area."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from GastricDiffLib.cohort.dataset import DatasetCase
from GastricDiffLib.inference.classifier import BATCH
from GastricDiffLib.inference.model_file import Model
from GastricDiffLib.nets.attention import attention_map
from GastricDiffLib.nets.device import autocast, channels_last, half_dtype, pick_device
from GastricDiffLib.nets.input import to_device
from GastricDiffLib.train.batches import case_crop


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
    are compared with the ROI. Slices whose ROI fills the crop say nothing and are left out; a
    case of such slices alone is nan.
    """
    place = pick_device(device)
    net = channels_last(model.net.to(place)).eval()
    rows = [_case(model, net, case, place) for case in cases]
    return Overlap(*(np.array(column) for column in zip(*rows, strict=True)))


@torch.inference_mode()
def _case(
    model: Model, net: torch.nn.Module, case: DatasetCase, device: torch.device
) -> tuple[float, float, float]:
    spec, step = model.spec, BATCH[device.type]
    slices, crop = case.roi_slices(), case_crop(case, spec)
    found: list[Tensor] = []
    for start in range(0, len(slices), step):
        hu, mask = case.read(slices[start : start + step])
        images = channels_last(spec.normalised(spec.scaled(to_device(hu, device), crop)))
        with autocast(device, half_dtype(device)):
            outputs = net.outputs(images)  # type: ignore[operator]
        roi = spec.resized(crop.cut(torch.from_numpy(mask).float()))[:, 0] >= 0.5
        size = (spec.size, spec.size)
        maps = [attention_map(stage, size).cpu() for stage in (outputs.s4, outputs.s5)]
        share = roi.flatten(1).float().mean(dim=1)
        columns = [intersection_over_union(one, roi) for one in maps]
        both = torch.stack([*columns, share / (2 - share)], dim=1)
        found.append(both[(share > 0) & (share < 1)])
    rows = torch.cat(found)
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
