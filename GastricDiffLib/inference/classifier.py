"""Slices to probabilities, heat and vote."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from GastricDiffLib.ct.axial import to_axial
from GastricDiffLib.ct.roi import BoxROI, require_overlap, roi_slices, union_rectangle
from GastricDiffLib.ct.slices import Window, iter_slices
from GastricDiffLib.ct.volume import CTVolume
from GastricDiffLib.errors import InputError
from GastricDiffLib.inference.model_file import Model, load_model
from GastricDiffLib.memory import give_back_memory
from GastricDiffLib.nets.attention import attention_map
from GastricDiffLib.nets.base import Outputs
from GastricDiffLib.nets.crop import Crop
from GastricDiffLib.nets.device import autocast, channels_last, half_dtype, pick_device
from GastricDiffLib.nets.fold import fold_batch_norms
from GastricDiffLib.nets.input import to_device
from GastricDiffLib.nets.packed import pack_convolutions
from GastricDiffLib.progress import Progress
from GastricDiffLib.results.case_result import CaseResult

HEATS = ("attention", "cam")
BATCH = {"cpu": 16, "cuda": 64, "mps": 16}
"""Slices that go through the network together; halved where the device's memory is short."""
_UPSAMPLED = 2
"""Slices whose heat is upsampled together: they stay in the processor's cache."""
_LARGE_HEAT = 64 << 20
"""Bytes. For a smaller one it is quicker to keep what the network leaves than to return it."""
_SMALLER = "close other programs that use the GPU, or use --device cpu"


class _Pass(NamedTuple):
    """One run over the slices: logits N×2 and maps N×h×w, float32 on the CPU."""

    logits: Tensor
    maps: Tensor


class Classifier:
    """A model ready to classify on one device.

    Half precision where the device is faster with it: float16 on a GPU, bfloat16 on a CPU that
    has instructions for it; float32 elsewhere. Takes the model's network over: its batch
    normalisations are folded into its convolutions, and on a CPU these are packed.
    """

    def __init__(self, model: Model, device: str = "auto") -> None:
        self.model = model
        self.device = pick_device(device)
        self.dtype = half_dtype(self.device)
        fold_batch_norms(model.net.eval())
        self.net = channels_last(model.net.to(self.device))
        if self.device.type == "cpu":
            pack_convolutions(self.net)

    @classmethod
    def load(cls, path: Path | str, device: str = "auto") -> Classifier:
        """Read a model file.

        Raises
        ------
        InputError
            An unreadable or unfit model file, an unknown or absent device.
        """
        return cls(load_model(path), device)

    def classify(
        self,
        volume: CTVolume,
        roi: BoxROI | Sequence[BoxROI],
        progress: Progress | None = None,
        heat: str = "attention",
    ) -> CaseResult:
        """Classify the slices that the model was trained for.

        Parameters
        ----------
        volume
            CT in HU.
        roi
            The box around the tumour, in the volume's LPS frame; of several boxes the union.
        progress
            Called with (slices done, slices in all, message); may raise ``Cancelled``.
        heat
            ``attention`` (where the network looks: AT-GEN of S4 and S5) or ``cam`` (what speaks for
            the case's vote: class activation map).

        Returns
        -------
        CaseResult
            Probabilities by slice, vote and heat; see :class:`CaseResult`.

        Raises
        ------
        InputError
            The ROI lies outside the volume; unknown heat.
        Cancelled
            From ``progress``.
        """
        if heat not in HEATS:
            raise InputError(f"unknown heat {heat!r}", hint=f"choose one of {', '.join(HEATS)}")
        start = time.perf_counter()
        rois = [roi] if isinstance(roi, BoxROI) else list(roi)
        cut = np.asarray(roi_slices(rois, volume), dtype=int)
        if not len(cut):
            require_overlap(volume, rois)  # raises, and says where the two lie
        chosen = cut if self.model.spec.scope == "roi" else np.arange(len(volume.hu))
        crop = self._crop(volume, rois, cut)
        found = self._run(volume, chosen, crop, self.dtype, heat, progress)
        if self.dtype is not None and not torch.isfinite(found.logits).all():
            # float16 overflows above 65504; float32 settles whether the network is at fault.
            found = self._run(volume, chosen, crop, None, heat, progress)
        p = self._probabilities(found.logits)
        result = CaseResult(
            slice_index=np.array([volume.input_slice_index(int(k)) for k in chosen]),
            position_mm=np.array([volume.position_mm(int(k)) for k in chosen]),
            in_roi=np.isin(chosen, cut),
            p=p,
            threshold=self.model.threshold,
            classes=self.model.classes,
            heat=np.zeros(0, dtype=np.float32),
            heat_kind=heat,
            grid=volume.grid,
            model=self.model.card,
            device=self._describe(),
            seconds=0.0,
            notes=volume.notes + self.model.notes,
        )
        maps = found.maps
        if heat == "cam":
            maps = maps if result.vote == result.classes[1] else -maps
        heat_volume = self._heat(maps, chosen, crop, volume)
        seconds = time.perf_counter() - start
        return replace(result, heat=heat_volume, seconds=seconds)

    def _crop(self, volume: CTVolume, rois: Sequence[BoxROI], cut: np.ndarray) -> Crop:
        rectangles: list[tuple[int, int, int, int]] = []
        if self.model.spec.crop:
            rectangles = [r for k in cut if (r := union_rectangle(rois, volume, int(k)))]
        return self.model.spec.crop_of(np.array(rectangles), *volume.hu.shape[1:])

    @torch.inference_mode()
    def _run(
        self,
        volume: CTVolume,
        chosen: np.ndarray,
        crop: Crop,
        dtype: torch.dtype | None,
        heat: str,
        progress: Progress | None,
    ) -> _Pass:
        logits, maps = [], []
        window, batch = Window(*self.model.spec.window), BATCH[self.device.type]
        done = 0
        while done < len(chosen):
            part = chosen[done : done + batch]
            ((_, hu),) = iter_slices(volume, part, len(part), window)
            found = self._batch(hu, crop, dtype, heat)
            if found is None:
                if batch == 1:
                    raise InputError("not enough memory for one slice", self._describe(), _SMALLER)
                batch //= 2
                continue
            logits.append(found.logits)
            maps.append(found.maps)
            done += len(part)
            if progress:
                progress(done, len(chosen), "classifying")
        # The only wait for the device: results stay there until all slices are through.
        return _Pass(torch.cat(logits).cpu(), torch.cat(maps).cpu())

    def _batch(
        self, hu: np.ndarray, crop: Crop, dtype: torch.dtype | None, heat: str
    ) -> _Pass | None:
        """N×H×W HU through the network, results on the device; None where memory is short."""
        spec = self.model.spec
        try:
            images = spec.normalised(spec.scaled(to_device(hu, self.device), crop))
            with autocast(self.device, dtype):
                outputs = self.net.outputs(channels_last(images))
            # Once more in float32, where two large logits may differ by little.
            return _Pass(self.net.logits(outputs.features.float()), self._map(outputs, heat))
        except torch.cuda.OutOfMemoryError:
            return None

    def _map(self, outputs: Outputs, heat: str) -> Tensor:
        if heat == "cam":
            return self.net.class_activation_map(outputs.features.float())
        size = (outputs.s4.shape[-2], outputs.s4.shape[-1])
        # Both stages are taught where to look; what both look at is what counts.
        return (attention_map(outputs.s4) * attention_map(outputs.s5, size)).sqrt()

    def _probabilities(self, logits: Tensor) -> np.ndarray:
        if not torch.isfinite(logits).all():
            raise InputError(
                "the model yields no finite number", self.model.card.name, "train it again"
            )
        scale, bias = self.model.calibration
        margin = (logits[:, 1] - logits[:, 0]) * scale + bias
        return margin.sigmoid().numpy()

    @staticmethod
    def _heat(maps: Tensor, chosen: np.ndarray, crop: Crop, volume: CTVolume) -> np.ndarray:
        """N×h×w maps → (K, J, I) float32 0…1: each slice above its own floor, one scale a case."""
        maps = maps.clamp_min(0)
        maps = maps - maps.amin(dim=(1, 2), keepdim=True)
        maps = maps / maps.max().clamp_min(torch.finfo(maps.dtype).tiny)
        straight = volume.grid.is_upright()
        heat = np.zeros(volume.grid.shape if straight else volume.hu.shape, dtype=np.float32)
        if heat.nbytes > _LARGE_HEAT:
            # The heat comes where the activations were, not on top of them.
            give_back_memory()
        # Where the axes only change places, the slices go straight to where they belong.
        axial = to_axial(heat, volume) if straight else heat
        for start in range(0, len(chosen), _UPSAMPLED):
            part = slice(start, start + _UPSAMPLED)
            slices = crop.back(maps[part], *axial.shape[1:])
            # 256 steps are more than an eye tells apart; files with heat in them shrink to half.
            slices.mul_(256).round_().div_(256)
            for k, one in zip(chosen[part], slices, strict=True):
                axial[k] = one.numpy()
        return heat if straight else volume.to_input_grid(axial)

    def _describe(self) -> str:
        names = {torch.float16: "float16", torch.bfloat16: "bfloat16", None: "float32"}
        return f"{self.device.type} {names[self.dtype]}"
