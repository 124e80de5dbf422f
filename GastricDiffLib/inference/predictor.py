"""The one place that runs a network on slices: logits out, and whatever else is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from GastricDiffLib.errors import InputError
from GastricDiffLib.inference.slices import Slices
from GastricDiffLib.nets.base import Network, Outputs
from GastricDiffLib.nets.copies import sharing_copy
from GastricDiffLib.nets.device import autocast, channels_last, half_dtype
from GastricDiffLib.nets.fold import fold_batch_norms
from GastricDiffLib.nets.input import InputSpec
from GastricDiffLib.nets.packed import pack_convolutions
from GastricDiffLib.progress import Progress

BATCH = {"cpu": 16, "cuda": 64, "mps": 16}
"""Slices that go through the network together; halved where the device's memory is short."""
_SMALLER = "close other programs that use the GPU, or use --device cpu"

Reading = Callable[[Outputs, slice], Tensor]
"""What is kept of a batch: its outputs and the places of its slices → n×…, n slices."""


class SliceOutputs(NamedTuple):
    """Of N slices: ``logits`` N×2 float32 and what was ``read`` of the outputs, on the CPU."""

    logits: Tensor
    read: Tensor | None


class Predictor:
    """A network ready to judge slices on one device, batch by batch.

    For classifying it works on a copy that shares the network's memory: normalisations are folded
    into convolutions, which a CPU has packed; half precision where the device is faster with it
    (float16 on a GPU, bfloat16 on a CPU that has instructions for it, float32 elsewhere); the last
    layer once more in float32, where two large logits may differ by little. The network that was
    handed in stays as it is.

    Parameters
    ----------
    net
        Any system's network; in evaluation mode if it is not prepared.
    spec
        What it takes in.
    device
        Where to run it.
    dtype
        ``"auto"``, or the precision: a 16-bit type, or None for float32.
    prepared
        False for a network in training, judged after every epoch: it runs itself, as it is, where
        it is. To prepare it anew takes longer than that saves on the slices of a validation set,
        and its logits are those of its own pass.
    batch
        Slices that go through together; ``BATCH`` of the device if None.
    """

    def __init__(
        self,
        net: Network,
        spec: InputSpec,
        device: torch.device,
        dtype: torch.dtype | Literal["auto"] | None = "auto",
        prepared: bool = True,
        batch: int | None = None,
    ) -> None:
        self.spec, self.device, self.prepared = spec, device, prepared
        self.dtype = half_dtype(device) if dtype == "auto" else dtype
        self.batch = batch or BATCH[device.type]
        self.net = _prepared(net, device) if prepared else net

    def predict(
        self, slices: Slices, read: Reading | None = None, progress: Progress | None = None
    ) -> SliceOutputs:
        """Run all slices and bring what was kept of them to the CPU.

        Where a logit is not finite, everything once more in float32: float16 overflows above
        65504. Whether the network itself is at fault is the caller's to judge.

        Parameters
        ----------
        slices
            Of one case or of several.
        read
            What to keep beside logits, such as maps; called in inference mode with the outputs on
            the device.
        progress
            Called with (slices done, slices in all, message); may raise ``Cancelled``.

        Raises
        ------
        InputError
            The device's memory is too short for one slice.
        Cancelled
            From ``progress``.
        """
        found = self._collected(slices, read, self.dtype, progress)
        if self.dtype is not None and not torch.isfinite(found.logits).all():
            found = self._collected(slices, read, None, progress)
        return found

    def stream(
        self, slices: Slices, read: Reading | None = None, dtype: torch.dtype | None = None
    ) -> Iterator[tuple[slice, SliceOutputs]]:
        """The slices' places and predictions, batch by batch, still on the device.

        Parameters
        ----------
        slices, read
            As in :meth:`predict`.
        dtype
            The precision; None for float32.

        Raises
        ------
        InputError
            As :meth:`predict`.
        """
        batch, done = self.batch, 0
        while done < len(slices):
            part = slice(done, min(done + batch, len(slices)))
            found = self._batch(slices, part, read, dtype)
            if found is None:
                if batch == 1:
                    raise InputError(
                        "not enough memory for one slice", describe(self.device, dtype), _SMALLER
                    )
                batch //= 2
                continue
            done = part.stop
            yield part, found

    def _collected(
        self,
        slices: Slices,
        read: Reading | None,
        dtype: torch.dtype | None,
        progress: Progress | None,
    ) -> SliceOutputs:
        logits, kept = [torch.zeros(0, 2, device=self.device)], []
        for part, found in self.stream(slices, read, dtype):
            logits.append(found.logits)
            if found.read is not None:
                kept.append(found.read)
            if progress:
                progress(part.stop, len(slices), "classifying")
        # The only wait for the device: results stay there until all slices are through.
        return SliceOutputs(torch.cat(logits).cpu(), torch.cat(kept).cpu() if kept else None)

    @torch.inference_mode()
    def _batch(
        self, slices: Slices, part: slice, read: Reading | None, dtype: torch.dtype | None
    ) -> SliceOutputs | None:
        """One batch through the network; None where memory is short."""
        try:
            images = self.spec.normalised(slices.images(part, self.device))
            with autocast(self.device, dtype):
                outputs = self.net.outputs(channels_last(images))
            if self.prepared:
                outputs = outputs._replace(logits=self.net.logits(outputs.features.float()))
            kept = None if read is None else read(outputs, part)
            return SliceOutputs(outputs.logits.float(), kept)
        except torch.cuda.OutOfMemoryError:
            return None


def describe(device: torch.device, dtype: torch.dtype | None) -> str:
    """Device and precision in words, such as ``cpu bfloat16``."""
    names = {torch.float16: "float16", torch.bfloat16: "bfloat16", None: "float32"}
    return f"{device.type} {names[dtype]}"


def _prepared(net: Network, device: torch.device) -> Network:
    own = sharing_copy(net).eval()
    fold_batch_norms(own)
    own = channels_last(own.to(device))
    if device.type == "cpu":
        pack_convolutions(own)
    return own
