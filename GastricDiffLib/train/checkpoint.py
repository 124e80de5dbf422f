"""``last.ckpt``: everything that continuing a run needs, as safetensors, never a pickle."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from GastricDiffLib.errors import InputError
from GastricDiffLib.files import replacing


@dataclass
class RunState:
    """Where a run stands after a finished epoch.

    ``history``: one row an epoch; ``best``: the state dict of the best epoch so far;
    ``identity``: settings and data that a continuation must share.
    """

    identity: dict[str, Any]
    history: list[dict[str, float]] = field(default_factory=list)
    best: dict[str, Tensor] = field(default_factory=dict)
    best_epoch: int = -1


def save_checkpoint(
    path: Path,
    state: RunState,
    parts: dict[str, nn.Module],
    optimizer: torch.optim.Optimizer,
    scale: float,
) -> None:
    """Write the checkpoint, whole or not at all; ``scale`` is the loss scale of float16."""
    tensors = {f"best.{name}": value for name, value in state.best.items()}
    for part, module in parts.items():
        tensors |= {f"{part}.{name}": value for name, value in module.state_dict().items()}
    for index, values in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": value for name, value in values.items()}
    text = json.dumps(
        {
            "identity": state.identity,
            "history": state.history,
            "best_epoch": state.best_epoch,
            "scale": scale,
        }
    )
    # Clones: safetensors refuses tensors that share memory.
    stored = {name: value.detach().cpu().clone().contiguous() for name, value in tensors.items()}
    with replacing(path) as temporary:
        save_file(stored, temporary, {"run": text})


def load_checkpoint(
    path: Path,
    identity: dict[str, Any],
    parts: dict[str, nn.Module],
    optimizer: torch.optim.Optimizer,
) -> tuple[RunState, float]:
    """Bring the modules ``parts`` and ``optimizer`` to where the run stood.

    Returns
    -------
    tuple[RunState, float]
        The run's state and the loss scale.

    Raises
    ------
    InputError
        Damaged, or left by a run with other settings or other data.
    """
    try:
        with safe_open(path, framework="pt") as file:
            run = json.loads(file.metadata()["run"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        state = RunState(run["identity"], run["history"], best_epoch=run["best_epoch"])
        scale = float(run["scale"])
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("the checkpoint is damaged", path, "delete it to start anew") from error
    if state.identity != identity:
        other = [name for name in identity if state.identity.get(name) != identity[name]]
        raise InputError(
            f"a run with another {', '.join(other) or 'setup'} stands here",
            path,
            "name another --out, or delete the folder to start anew",
        )
    for part, module in parts.items():
        module.load_state_dict(_under(tensors, f"{part}."))
    state.best = _under(tensors, "best.")
    parameters = [one for group in optimizer.param_groups for one in group["params"]]
    moments: dict[int, dict[str, Tensor]] = {}
    for name, value in _under(tensors, "optimizer.").items():
        index, key = name.split(".")
        parameter = parameters[int(index)]
        if value.shape == parameter.shape:
            # In the parameter's memory order: the fused optimizer goes by memory, not by index.
            value = torch.empty_like(parameter, dtype=value.dtype).copy_(value)
        moments.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict(optimizer.state_dict() | {"state": moments})
    return state, scale


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
