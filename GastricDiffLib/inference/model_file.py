"""The model file: one ``.safetensors`` that describes itself. Nothing is ever unpickled."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from GastricDiffLib.errors import InputError
from GastricDiffLib.files import replacing, sha256
from GastricDiffLib.inference.metadata import (
    AGAIN,
    FORMAT_VERSION,
    KEY,
    NEWER,
    not_whole,
    read_metadata,
)
from GastricDiffLib.metrics.calibration import Calibration
from GastricDiffLib.nets import SYSTEMS, build_system
from GastricDiffLib.nets.base import Network
from GastricDiffLib.nets.input import InputSpec
from GastricDiffLib.results.case_result import ModelCard

__all__ = ["FORMAT_VERSION", "KEY", "Model", "load_model", "read_metadata", "save_model"]


@dataclass(frozen=True)
class Model:
    """A network, in evaluation mode, with what its file states of it.

    ``classes`` is (negative, positive); ``calibration`` holds the threshold too.
    """

    net: Network
    card: ModelCard
    spec: InputSpec
    classes: tuple[str, str]
    calibration: Calibration

    @property
    def notes(self) -> tuple[str, ...]:
        """What whoever sees a result of this model must know; from ``train --note``."""
        note = self.card.metadata.get("note")
        return (str(note),) if note else ()

    def margins(self, logits: Tensor) -> npt.NDArray[np.float32]:
        """Logits N×2 of this network → (N,) of class 1 minus that of class 0.

        Raises
        ------
        InputError
            One of them is not finite.
        """
        if not torch.isfinite(logits).all():
            raise InputError("the model yields no finite number", self.card.name, "train it again")
        return margins(logits)


def margins(logits: Tensor) -> npt.NDArray[np.float32]:
    """Logits N×2 on the CPU → (N,) of class 1 minus that of class 0."""
    found: npt.NDArray[np.float32] = (logits[:, 1] - logits[:, 0]).float().numpy()
    return found


def save_model(path: Path | str, tensors: dict[str, Tensor], metadata: dict[str, Any]) -> None:
    """Write a model file, whole or not at all.

    Parameters
    ----------
    path
        Ends in ``.safetensors``.
    tensors
        The network's state dict; stored in half precision where metadata's ``weights`` is
        ``float16``.
    metadata
        ``system``, ``options``, ``width``, ``input``, ``classes``, ``threshold``, ``calibration``,
        ``training``, ``metrics``, ``name`` and, where there is one, ``note``.
    """
    store = torch.float16 if metadata.get("weights") == "float16" else torch.float32
    stored = {
        name: tensor.detach().cpu().to(store if tensor.is_floating_point() else tensor.dtype)
        for name, tensor in tensors.items()
    }
    text = json.dumps({"format_version": FORMAT_VERSION} | metadata, allow_nan=False)
    with replacing(path) as temporary:
        save_file({k: v.contiguous() for k, v in stored.items()}, temporary, {KEY: text})


def load_model(path: Path | str) -> Model:
    """Read a model file and build its network, in evaluation mode on the CPU.

    Raises
    ------
    InputError
        As :func:`read_metadata`, and where the weights do not fit the system.
    """
    path = Path(path)
    metadata, tensors = read_metadata(path), _tensors(path)
    try:
        system, width = metadata["system"], float(metadata["width"])
        if system not in SYSTEMS:
            raise InputError(f"unknown system {system!r} in the model file", path, NEWER)
        spec = InputSpec.from_json(metadata["input"])
        negative, positive = (str(name) for name in metadata["classes"])
        threshold = float(metadata["threshold"])
        stored = metadata["calibration"]
        scale, bias = float(stored["scale"]), float(stored["bias"])
        if not (0 < threshold < 1 and math.isfinite(scale) and math.isfinite(bias)):
            raise ValueError("threshold or calibration out of range")
        # On the meta device nothing is initialised in vain: the file's weights become the net's.
        with torch.device("meta"):
            net = build_system(system, 1, 2, width, **metadata.get("options", {}))
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("the model file's metadata is incomplete", path, AGAIN) from error
    state = {k: v.float() if v.is_floating_point() else v for k, v in tensors.items()}
    try:
        net.load_state_dict(state, strict=True, assign=True)
    except RuntimeError as error:
        raise InputError(
            f"the weights do not fit {system} at width {width}", path, AGAIN
        ) from error
    card = ModelCard(
        str(metadata.get("name") or path.stem), sha256(path), system, spec.scope, metadata
    )
    calibration = Calibration(scale, bias, threshold)
    return Model(net.eval(), card, spec, (negative, positive), calibration)


def _tensors(path: Path) -> dict[str, Tensor]:
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise not_whole(path) from error
