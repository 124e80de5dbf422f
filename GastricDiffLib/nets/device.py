"""Where a network runs and in which precision."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TypeVar

import torch
from torch import nn

from GastricDiffLib.errors import InputError
from GastricDiffLib.nets.choices import DEVICES


def pick_device(name: str = "auto") -> torch.device:
    """The device that ``--device`` names; ``auto`` takes a GPU where there is one.

    Raises
    ------
    InputError
        Unknown, or not on this machine.
    """
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": _has_mps()}
    if name == "auto":
        return torch.device("cuda" if present["cuda"] else "mps" if present["mps"] else "cpu")
    if name not in DEVICES:
        raise InputError(f"unknown device {name!r}", hint=f"choose one of {', '.join(DEVICES)}")
    if not present[name]:
        raise InputError(f"no {name} device on this machine", hint="use --device auto or cpu")
    return torch.device(name)


def _has_mps() -> bool:
    return torch.backends.mps.is_available()


def half_dtype(device: torch.device, training: bool = False) -> torch.dtype | None:
    """The 16-bit type that is faster there; None where float32 is the better choice.

    Training takes bfloat16 where the GPU has it, since it needs no loss scaling; classifying
    takes float16 on every GPU, for its three more bits of mantissa.
    """
    if device.type == "cuda":
        return torch.bfloat16 if training and torch.cuda.is_bf16_supported() else torch.float16
    if device.type == "cpu" and _cpu_has_bfloat16():
        return torch.bfloat16
    return None


def _cpu_has_bfloat16() -> bool:
    """Instructions for it, not an emulation: that is slower than float32."""
    capabilities = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    if not capabilities:  # before torch 2.11
        return bool(getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)())
    return any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))


_Tensors = TypeVar("_Tensors", bound=torch.Tensor | nn.Module)


def channels_last(x: _Tensors) -> _Tensors:
    """A tensor or a network in the memory order that convolutions are fastest in."""
    return x.to(memory_format=torch.channels_last)  # type: ignore[return-value, call-overload]


def autocast(device: torch.device, dtype: torch.dtype | None) -> AbstractContextManager[object]:
    """Autocast to ``dtype`` there, or plain float32 for None."""
    return torch.autocast(device.type, dtype=dtype or torch.float32, enabled=dtype is not None)
