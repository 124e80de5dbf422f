"""What the fast way of classifying changes: the same cases in float32 by plain PyTorch.

50 phantoms and, where there is one (GASTRICDIFF_SHARED_DATA, or ``shared/data`` beside the
checkout), a real CT; with the bundled model, and with a network of full width and random
weights whose last layer is scaled so that its probabilities spread.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch

from GastricDiffLib.classify import CaseResult, Classifier
from GastricDiffLib.ct import BoxROI, CTVolume, read_roi, read_volume
from GastricDiffLib.inference.model_file import Model, load_model
from GastricDiffLib.inference.predictor import describe
from GastricDiffLib.nets.input import InputSpec
from GastricDiffLib.nets.packed import PackedConv
from GastricDiffLib.phantom import make_case
from GastricDiffLib.resources import demo_model
from Testing.made_models import fresh_model

from .common import Row

SYSTEM = "r50-imp-dpn-tad"
PHANTOMS = 50
_FIRST_SEED = 700_000
"""Far from the seeds of the bundled model's cohort."""

Case = tuple[CTVolume, Sequence[BoxROI]]


def rows(work: Path, quick: bool) -> list[Row]:
    cases = {"phantoms": list(_phantoms(2 if quick else PHANTOMS)), "real CT": list(_real())}
    spec = InputSpec(128 if quick else 224, (-100.0, 200.0), std=0.3, crop=1.5)
    fresh = fresh_model(work / "accuracy.safetensors", SYSTEM, spec, 0.125 if quick else 1.0)
    found = []
    for name, path in {"bundled model": demo_model(), "random weights, full width": fresh}.items():
        model = load_model(path)
        if path == fresh:
            name += f", last layer × {_spread(model, cases['phantoms']):.0f}"
        exact = Classifier(model, "cpu")
        exact.predictor.dtype = None
        fast = Classifier(model, "auto")
        for kind, each in cases.items():
            if each:
                found += _compared(f"{name}, {len(each)} {kind}", exact, fast, each)
    return found


def _compared(name: str, exact: Classifier, fast: Classifier, cases: Sequence[Case]) -> list[Row]:
    pairs = [(_plainly(exact, case), fast.classify(*case)) for case in cases]
    apart = max(float(np.abs(a.p - b.p).max()) for a, b in pairs)
    votes = sum(int((a.slice_votes != b.slice_votes).sum()) for a, b in pairs)
    slices = sum(len(a.p) for a, _ in pairs)
    case_votes = sum(a.vote != b.vote for a, b in pairs)
    spread = np.concatenate([a.p for a, _ in pairs])
    how = describe(fast.predictor.device, fast.predictor.dtype)
    note = f"{how} against float32; p from {spread.min():.3f} to {spread.max():.3f}"
    return [
        Row(f"{name}: largest change of a probability", apart, "", note=note),
        Row(f"{name}: changed votes of {slices} slices", votes, ""),
        Row(f"{name}: changed votes of {len(cases)} cases", case_votes, ""),
    ]


def _plainly(classifier: Classifier, case: Case) -> CaseResult:
    """Classified by plain PyTorch in float32: no packed convolutions."""
    fast = PackedConv.fast
    PackedConv.fast = PackedConv.plain  # type: ignore[method-assign]
    try:
        return classifier.classify(*case)
    finally:
        PackedConv.fast = fast  # type: ignore[method-assign]


@torch.no_grad()
def _spread(model: Model, cases: Sequence[Case]) -> float:
    """Scale and shift the last layer so that the slices' logits have mean 0 and deviation 1.

    Returns the scale, by which all errors grow too.
    """
    classifier = Classifier(model, "cpu")
    classifier.predictor.dtype = None
    p = np.concatenate([classifier.classify(*case).p for case in cases[:5]]).astype(np.float64)
    logits = np.log(p / (1 - p))
    scale = 1 / max(logits.std(), 1e-6)
    last = model.net.fc
    last.weight.mul_(scale)
    last.bias.mul_(scale)
    last.bias[1] -= float(logits.mean() * scale)
    return float(scale)


def _phantoms(count: int) -> Iterator[Case]:
    for number in range(count):
        case = make_case(number % 2, _FIRST_SEED + number)
        yield CTVolume.from_array(case.volume, case.grid.ijk_to_lps), [case.roi]


def _real() -> Iterator[Case]:
    named = os.environ.get("GASTRICDIFF_SHARED_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[4] / "shared" / "data"
    if (folder / "abdomen-dicom").is_dir():
        yield read_volume(folder / "abdomen-dicom"), read_roi(folder / "abdomen-roi.mrk.json")
