"""The model file: one ``.safetensors`` that says what it is. Nothing is ever unpickled."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from GastricDiffLib.classify.result import ModelCard
from GastricDiffLib.errors import InputError
from GastricDiffLib.files import replacing, sha256
from GastricDiffLib.nets import SYSTEMS, build_system
from GastricDiffLib.nets.base import Network
from GastricDiffLib.nets.input import InputSpec

FORMAT_VERSION = 1
KEY = "gastricdiff"


@dataclass(frozen=True)
class Model:
    """A network with what its file says of it. ``logit = scale · logit + bias`` calibrates."""

    net: Network
    card: ModelCard
    spec: InputSpec
    classes: tuple[str, str]
    threshold: float
    calibration: tuple[float, float]

    @property
    def notes(self) -> tuple[str, ...]:
        """What whoever sees a result of this model must know; from ``train --note``."""
        note = self.card.metadata.get("note")
        return (str(note),) if note else ()


def save_model(path: Path | str, tensors: dict[str, Tensor], metadata: dict[str, Any]) -> None:
    """Write a model file, whole or not at all.

    Args:
        path: ends in ``.safetensors``.
        tensors: the network's state dict; stored in half precision where metadata's
            ``weights`` is ``float16``.
        metadata: ``system``, ``options``, ``width``, ``input``, ``classes``, ``threshold``,
            ``calibration``, ``training``, ``metrics``, ``name`` and, where there is one, ``note``.
    """
    store = torch.float16 if metadata.get("weights") == "float16" else torch.float32
    stored = {
        name: tensor.detach().cpu().to(store if tensor.is_floating_point() else tensor.dtype)
        for name, tensor in tensors.items()
    }
    text = json.dumps({"format_version": FORMAT_VERSION} | metadata, allow_nan=False)
    with replacing(path) as temporary:
        save_file({k: v.contiguous() for k, v in stored.items()}, temporary, {KEY: text})


def read_metadata(path: Path | str) -> dict[str, Any]:
    """What a model file says of itself, its weights left unread.

    Raises:
        InputError: missing, not a model file, truncated, or of another version.
    """
    return _open(Path(path), weights=False)[0]


def load_model(path: Path | str) -> Model:
    """Read a model file and build its network, in evaluation mode on the CPU.

    Raises:
        InputError: as :func:`read_metadata`, and where the weights do not fit the system.
    """
    path = Path(path)
    metadata, tensors = _open(path, weights=True)
    try:
        system, width = metadata["system"], float(metadata["width"])
        if system not in SYSTEMS:
            raise InputError(f"unknown system {system!r} in the model file", path, _NEWER)
        spec = InputSpec.from_json(metadata["input"])
        negative, positive = (str(name) for name in metadata["classes"])
        threshold = float(metadata["threshold"])
        calibration = metadata["calibration"]
        scale, bias = float(calibration["scale"]), float(calibration["bias"])
        if not (0 < threshold < 1 and math.isfinite(scale) and math.isfinite(bias)):
            raise ValueError("threshold or calibration out of range")
        # On the meta device nothing is initialised in vain: the file's weights become the net's.
        with torch.device("meta"):
            net = build_system(system, 1, 2, width, **metadata.get("options", {}))
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("the model file's metadata is incomplete", path, _AGAIN) from error
    state = {k: v.float() if v.is_floating_point() else v for k, v in tensors.items()}
    try:
        net.load_state_dict(state, strict=True, assign=True)
    except RuntimeError as error:
        raise InputError(
            f"the weights do not fit {system} at width {width}", path, _AGAIN
        ) from error
    card = ModelCard(
        str(metadata.get("name") or path.stem), sha256(path), system, spec.scope, metadata
    )
    return Model(net.eval(), card, spec, (negative, positive), threshold, (scale, bias))


_AGAIN = "train or download it again"
_NEWER = "update GastricDiff"


def _open(path: Path, weights: bool) -> tuple[dict[str, Any], dict[str, Tensor]]:
    if not path.is_file():
        raise InputError("no such model file", path, "name a .safetensors file")
    try:
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get(KEY)
            names = list(file.keys()) if weights and text else []
            tensors = {name: file.get_tensor(name) for name in names}
    except (SafetensorError, OSError) as error:
        raise InputError(
            "not a whole .safetensors file", path, "pickled or truncated files are never read"
        ) from error
    if text is None:
        raise InputError(
            "not a GastricDiff model: it has no metadata", path, "train one with gastricdiff train"
        )
    try:
        metadata = json.loads(text)
        version = metadata["format_version"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("the model file's metadata is damaged", path, _AGAIN) from error
    if version != FORMAT_VERSION:
        raise InputError(
            f"model file of format version {version}, not {FORMAT_VERSION}", path, _NEWER
        )
    return metadata, tensors
