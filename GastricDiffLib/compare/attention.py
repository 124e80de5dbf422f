"""Where the systems look, on the same held-out slices."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.figure import Figure

from GastricDiffLib.cohort.dataset import DatasetCase
from GastricDiffLib.compare.overlap import intersection_over_union
from GastricDiffLib.compare.results import SystemResult
from GastricDiffLib.compare.run import MODEL
from GastricDiffLib.ct.drawing import ABDOMEN_HU, evenly_spaced
from GastricDiffLib.inference.model_file import Model, load_model
from GastricDiffLib.nets.attention import attention_map
from GastricDiffLib.train.batches import case_crop

CASES = 4


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
        for row, case in enumerate(cases):
            axes = panels[row, column]
            hu, attention, roi, overlap = _looked(model, case)
            low, high = _display(hu, window)
            axes.imshow(hu, cmap="gray", vmin=low, vmax=high)
            axes.imshow(attention, cmap="inferno", alpha=0.45 * (attention > 0), vmin=0, vmax=1)
            axes.contour(roi, [0.5], colors="#35d0ff", linewidths=1)
            axes.set(xticks=[], yticks=[])
            axes.set_xlabel(f"IoU {overlap:.2f}", fontsize=8, labelpad=2)
            if row == 0:
                axes.set_title(run.system, fontsize=9)
            if column == 0:
                axes.set_ylabel(f"case {row + 1}", fontsize=9)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()


@torch.inference_mode()
def _looked(model: Model, case: DatasetCase) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """HU in the crop at the input's size, attention in 0…1, ROI, and their overlap."""
    spec, slices = model.spec, case.roi_slices()
    k = slices[evenly_spaced(len(slices), 1)]
    hu, mask = case.read(k)
    crop = case_crop(case, spec)
    scaled = spec.scaled(torch.from_numpy(hu), crop)
    outputs = model.net.outputs(spec.normalised(scaled))
    low, high = spec.window
    attention = attention_map(outputs.s4, (spec.size, spec.size), normalise="minmax")
    roi = spec.resized(crop.cut(torch.from_numpy(mask).float()))[:, 0] >= 0.5
    overlap = intersection_over_union(attention, roi).item()
    return (
        (scaled[0, 0] * (high - low) + low).numpy(),
        attention[0].numpy(),
        roi[0].numpy().astype(float),
        overlap,
    )


def _display(hu: np.ndarray, window: tuple[float, float]) -> tuple[float, float]:
    """The abdominal window, or the whole one where a slice is mostly lung."""
    return ABDOMEN_HU if np.median(hu) > ABDOMEN_HU[0] else window
