"""Where the systems look, on the same held-out slices."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from matplotlib.figure import Figure
from torch import Tensor

from GastricDiffLib.cohort.dataset import DatasetCase
from GastricDiffLib.compare.overlap import intersection_over_union
from GastricDiffLib.compare.results import SystemResult
from GastricDiffLib.compare.run import MODEL
from GastricDiffLib.ct.drawing import ABDOMEN_HU, evenly_spaced
from GastricDiffLib.inference.model_file import load_model
from GastricDiffLib.inference.predictor import Predictor
from GastricDiffLib.inference.slices import CaseSlices
from GastricDiffLib.nets.attention import attention_map
from GastricDiffLib.nets.base import Outputs

CASES = 4


class _Looked(NamedTuple):
    """H×W each: ``hu``, ``attention`` in 0…1, ``roi`` bool; and how far the last two overlap."""

    hu: npt.NDArray[np.float32]
    attention: npt.NDArray[np.float32]
    roi: npt.NDArray[np.bool_]
    overlap: float


def attention_gallery(results: Sequence[SystemResult], window: tuple[float, float]) -> bytes:
    """PNG: a row a case of the first fold's test set, a column a system.

    AT-GEN(S4) in colour over the middle slice of the ROI as the network sees it, the ROI
    outlined, with the intersection over union at the ROI's own area.
    """
    runs = [result.outcomes[0].run for result in results]
    test = runs[0].dataset.split("test")
    cases = [test[row] for row in evenly_spaced(len(test), CASES)]
    figure = Figure(figsize=(1.75 * len(runs) + 0.6, 1.95 * len(cases) + 0.4), layout="constrained")
    panels = figure.subplots(len(cases), len(runs), squeeze=False)
    for column, run in enumerate(runs):
        model = load_model(run.folder / MODEL)
        predictor = Predictor(model.net, model.spec, torch.device("cpu"))
        for row, case in enumerate(cases):
            axes = panels[row, column]
            hu, attention, roi, overlap = _looked(predictor, case)
            low, high = _display(hu, window)
            axes.imshow(hu, cmap="gray", vmin=low, vmax=high)
            axes.imshow(attention, cmap="inferno", alpha=0.45 * (attention > 0), vmin=0, vmax=1)
            axes.contour(roi.astype(float), [0.5], colors="#35d0ff", linewidths=1)
            axes.set(xticks=[], yticks=[])
            axes.set_xlabel(f"IoU {overlap:.2f}", fontsize=8, labelpad=2)
            if row == 0:
                axes.set_title(run.system, fontsize=9)
            if column == 0:
                axes.set_ylabel(f"case {row + 1}", fontsize=9)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()


def _looked(predictor: Predictor, case: DatasetCase) -> _Looked:
    """One slice of a case as a network sees it, and where in it the network looks."""
    spec, slices = predictor.spec, case.roi_slices()
    middle = CaseSlices(case, spec, slices[evenly_spaced(len(slices), 1)])
    first = slice(0, 1)

    def attention(outputs: Outputs, part: slice) -> Tensor:
        return attention_map(outputs.s4, (spec.size, spec.size), normalise="minmax")

    maps = predictor.predict(middle, attention).read
    assert maps is not None
    roi = middle.roi(first) >= 0.5
    low, high = spec.window
    scaled = middle.images(first, predictor.device)[0, 0].cpu()
    return _Looked(
        (scaled * (high - low) + low).numpy(),
        maps[0].numpy(),
        roi[0].numpy(),
        intersection_over_union(maps, roi).item(),
    )


def _display(hu: npt.NDArray[Any], window: tuple[float, float]) -> tuple[float, float]:
    """The abdominal window, or the whole one where a slice is mostly lung."""
    return ABDOMEN_HU if np.median(hu) > ABDOMEN_HU[0] else window
