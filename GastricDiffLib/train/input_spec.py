"""The input of a network, measured on the slices that it is trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from GastricDiffLib.nets.input import InputSpec
from GastricDiffLib.train.batches import Sample, read_batch
from GastricDiffLib.train.config import TrainConfig
from GastricDiffLib.train.distributed import broadcast_map


def measured_spec(samples: Sequence[Sample], config: TrainConfig) -> InputSpec:
    """The settings' input with mean and deviation over ``samples``, at the network's own size.

    All processes share the reading.
    """
    spec = InputSpec(config.size, config.window, scope=config.scope, crop=config.effective_crop)
    first = [sample for sample in samples if sample.copy == 0]
    # A few hundred slices give both to three digits; a large cohort need not be read whole.
    chosen = first[:: max(1, len(first) // 400)]

    def moments(sample: Sample) -> tuple[float, float]:
        image = read_batch([sample], spec).images
        return image.mean().item(), image.square().mean().item()

    mean, square = np.mean(broadcast_map(moments, chosen), axis=0).tolist()
    std = max(square - mean**2, 1e-6) ** 0.5
    return replace(spec, mean=round(mean, 5), std=round(std, 5))
