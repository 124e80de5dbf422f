"""Where a trained model comes from, for its file."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import numpy as np
import torch

import GastricDiffLib
from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.train.config import TrainConfig


def provenance(dataset: Dataset, config: TrainConfig, weights: str | None) -> dict[str, Any]:
    """The ``training`` part of a model file's metadata; JSON, nothing of a patient or a path.

    ``weights``: sha256 of the ImageNet weights that it started from.
    """
    return {
        "cohort": dataset.cohort_hash,
        "cases": {name: len(dataset.split(name)) for name in ("train", "val", "test")},
        "settings": config.to_json(),
        "weights": weights,
        "date": datetime.now(timezone.utc).date().isoformat(),
        "versions": {
            "GastricDiffLib": GastricDiffLib.__version__,
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
    }
