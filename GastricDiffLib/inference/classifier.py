"""Slices to probabilities, heat and vote."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from GastricDiffLib.ct.roi import BoxROI, require_overlap, roi_slices, union_rectangle
from GastricDiffLib.ct.volume import CTVolume
from GastricDiffLib.inference.heat import heat_maps, heat_volume
from GastricDiffLib.inference.model_file import Model, load_model
from GastricDiffLib.inference.predictor import Predictor, describe
from GastricDiffLib.inference.slices import Indices, VolumeSlices
from GastricDiffLib.nets.crop import Crop
from GastricDiffLib.nets.device import pick_device
from GastricDiffLib.progress import Progress
from GastricDiffLib.results.case_result import CaseResult
from GastricDiffLib.results.heat_kinds import DEFAULT_HEAT


class Classifier:
    """A model ready to classify on one device; see :class:`Predictor` for how it runs.

    The model that was handed in stays as it is; ``self.model`` is the same with the network that
    was made ready for classifying, so that nothing here keeps the other one in memory.
    """

    def __init__(self, model: Model, device: str = "auto") -> None:
        self.predictor = Predictor(model.net, model.spec, pick_device(device))
        self.model = replace(model, net=self.predictor.net)

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
        heat: str = DEFAULT_HEAT,
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
            A key of ``HEAT_KINDS``: ``attention`` (where the network looks: AT-GEN of S4 and S5) or
            ``cam`` (what favours the case's vote: class activation map).

        Returns
        -------
        CaseResult
            Probabilities by slice, vote and heat; see :class:`CaseResult`.

        Raises
        ------
        InputError
            The ROI lies outside the volume; unknown heat; a network that yields no finite number;
            too little memory for one slice.
        Cancelled
            From ``progress``.
        """
        kind = heat_maps(heat)
        start = time.perf_counter()
        rois = [roi] if isinstance(roi, BoxROI) else list(roi)
        cut = np.asarray(roi_slices(rois, volume), dtype=int)
        if not len(cut):
            require_overlap(volume, rois)  # raises, and names the two places
        chosen = cut if self.model.spec.scope == "roi" else np.arange(len(volume.hu))
        crop = self._crop(volume, rois, cut)
        predictor = self.predictor
        slices = VolumeSlices(volume, chosen, crop, self.model.spec)
        found = predictor.predict(
            slices, lambda outputs, _: kind.of(predictor.net, outputs), progress
        )
        result = CaseResult(
            slice_index=np.array([volume.input_slice_index(int(k)) for k in chosen]),
            position_mm=np.array([volume.position_mm(int(k)) for k in chosen]),
            in_roi=np.isin(chosen, cut),
            p=self.model.calibration.probabilities(self.model.margins(found.logits)),
            threshold=self.model.calibration.threshold,
            classes=self.model.classes,
            heat=np.zeros(0, dtype=np.float32),
            heat_kind=heat,
            grid=volume.grid,
            model=self.model.card,
            device=describe(predictor.device, predictor.dtype),
            seconds=0.0,
            notes=volume.notes + self.model.notes,
        )
        assert found.read is not None
        maps = kind.towards(found.read, result.vote == result.classes[1])
        laid = heat_volume(maps, chosen, crop, volume)
        seconds = time.perf_counter() - start
        return replace(result, heat=laid, seconds=seconds)

    def _crop(self, volume: CTVolume, rois: Sequence[BoxROI], cut: Indices) -> Crop:
        rectangles: list[tuple[int, int, int, int]] = []
        if self.model.spec.crop:
            rectangles = [r for k in cut if (r := union_rectangle(rois, volume, int(k)))]
        height, width = volume.hu.shape[1:]
        return self.model.spec.crop_of(np.array(rectangles), height, width)
