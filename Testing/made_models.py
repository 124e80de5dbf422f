"""Model files to order; they have learned nothing, for what a model knows does not matter here."""

from __future__ import annotations

from pathlib import Path

import torch

from GastricDiffLib import CLASSES
from GastricDiffLib.classify.model_file import save_model
from GastricDiffLib.nets import build_system
from GastricDiffLib.nets.input import InputSpec


def fresh_model(
    path: Path, system: str = "r50-imp-dpn-tad", width: float = 1.0, **spec: object
) -> Path:
    """A freshly initialised network of that system; ``spec``: of its ``InputSpec``."""
    torch.manual_seed(0)
    metadata = {
        "name": "fresh", "system": system, "width": width, "options": {},
        "input": InputSpec(**spec).to_json(), "classes": list(CLASSES), "threshold": 0.5,
        "calibration": {"scale": 1.0, "bias": 0.0}, "note": "Knows nothing.",
    }  # fmt: skip
    save_model(path, build_system(system, width=width).state_dict(), metadata)
    return path
