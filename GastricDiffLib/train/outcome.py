"""What a finished run leaves."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from GastricDiffLib.cohort.dataset import DatasetCase
from GastricDiffLib.files import replacing
from GastricDiffLib.inference.model_file import margins, save_model
from GastricDiffLib.inference.predict import as_predictions
from GastricDiffLib.metrics.calibration import Calibration
from GastricDiffLib.metrics.intervals import auc_bounds
from GastricDiffLib.train.checkpoint import RunState
from GastricDiffLib.train.config import TrainConfig
from GastricDiffLib.train.validation import judged


def write_outcome(
    out: Path, state: RunState, metadata: dict[str, Any], config: TrainConfig
) -> None:
    """Write the model file of the best epoch, its metrics by themselves, and the plot."""
    from GastricDiffLib.train.plots import plot_history

    save_model(out / "model.safetensors", state.best, metadata)
    with replacing(out / "metrics.json") as path:
        path.write_text(json.dumps(metadata["metrics"], indent=1), encoding="utf-8")
    plot_history(out / "history.png", state.history, config)


def tested(
    cases: Sequence[DatasetCase],
    logits: Sequence[Tensor],
    config: TrainConfig,
    calibration: Calibration,
) -> dict[str, float | None]:
    """The model file's metrics of the test cases, whose slices have these ``logits``, N×2 each."""
    scores, _ = judged(cases, logits, config.gamma, calibration)
    predictions = as_predictions(cases, [margins(one) for one in logits], calibration, config.scope)
    found = {name: _number(value) for name, value in vars(scores).items()}
    found |= auc_bounds(predictions) | {"cases": len(cases)}
    return {f"test_{name}": value for name, value in found.items()}


def _number(value: float) -> float | None:
    """JSON has no nan: an AUC over one class is null."""
    return round(value, 6) if math.isfinite(value) else None
