"""Model files to order, of networks that have learned nothing, which speed does not depend on."""

from __future__ import annotations

from pathlib import Path

import torch

from GastricDiffLib.inference.model_file import save_model
from GastricDiffLib.nets import build_system
from GastricDiffLib.nets.input import InputSpec


def fresh_model(path: Path, system: str, spec: InputSpec, width: float = 1.0) -> Path:
    """Write a model file of a freshly initialised network; returns ``path``."""
    torch.manual_seed(0)
    metadata = {
        "name": "fresh",
        "system": system,
        "width": width,
        "options": {},
        "input": spec.to_json(),
        "classes": ["undifferentiated", "differentiated"],
        "threshold": 0.5,
        "calibration": {"scale": 1.0, "bias": 0.0},
    }
    save_model(path, build_system(system, width=width).state_dict(), metadata)
    return path
