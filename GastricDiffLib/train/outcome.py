"""What a finished run leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from GastricDiffLib.classify.model_file import save_model
from GastricDiffLib.files import replacing
from GastricDiffLib.train.checkpoint import RunState
from GastricDiffLib.train.config import TrainConfig


def write_outcome(
    out: Path, state: RunState, metadata: dict[str, Any], config: TrainConfig
) -> None:
    """Write the model file of the best epoch, its metrics by themselves, and the plot."""
    from GastricDiffLib.train.plots import plot_history

    save_model(out / "model.safetensors", state.best, metadata)
    with replacing(out / "metrics.json") as path:
        path.write_text(json.dumps(metadata["metrics"], indent=1), encoding="utf-8")
    plot_history(out / "history.png", state.history, config)
