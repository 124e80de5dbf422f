"""A model file's predictions for the cases of a dataset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from GastricDiffLib.cohort.dataset import Dataset, DatasetCase
from GastricDiffLib.errors import InputError
from GastricDiffLib.inference.classifier import BATCH
from GastricDiffLib.inference.model_file import Model
from GastricDiffLib.metrics.calibration import Calibration
from GastricDiffLib.metrics.predictions import Predictions
from GastricDiffLib.nets.device import channels_last, half_dtype, pick_device
from GastricDiffLib.progress import Progress
from GastricDiffLib.train.batches import case_slices
from GastricDiffLib.train.validation import case_logits, margins


def evaluable_cases(dataset: Dataset, split: str, model: Model) -> list[DatasetCase]:
    """The cases of a split that the model can be judged by.

    Raises
    ------
    InputError
        None or of one class only; the model tells other classes apart.
    """
    if model.classes != dataset.classes:
        raise InputError(
            f"the model tells {' and '.join(model.classes)} apart, the dataset holds "
            f"{' and '.join(dataset.classes)}",
            dataset.root,
            "name a model of the dataset's classes, or export it with --classes",
        )
    cases = dataset.split(split)
    if not cases:
        raise InputError(
            f"no case in split {split!r}", dataset.root, "set the split column of cohort.csv"
        )
    dataset.require_classes(cases, f"{split} cases")
    return cases


def predict(
    model: Model,
    cases: Sequence[DatasetCase],
    device: str = "auto",
    progress: Progress | None = None,
) -> Predictions:
    """Classify every slice that the model's scope names, as the classifier would.

    With the model file's calibration and threshold.

    Parameters
    ----------
    progress
        Called with (slices done, slices in all, message); may raise ``Cancelled``.

    Raises
    ------
    InputError
        An absent device; a network that yields no finite number.
    Cancelled
        From ``progress``.
    """
    scale, bias = model.calibration
    calibration = Calibration(scale, bias, model.threshold)
    margins = case_margins(model, cases, device, progress)
    return as_predictions(cases, margins, calibration, model.spec.scope)


def as_predictions(
    cases: Sequence[DatasetCase],
    margins: Sequence[np.ndarray],
    calibration: Calibration,
    scope: str,
) -> Predictions:
    """Margins of the cases' slices (see :func:`case_margins`) as calibrated probabilities."""
    return Predictions(
        tuple(case.pseudonym for case in cases),
        tuple(case.patient for case in cases),
        np.array([case.label for case in cases]),
        tuple(case_slices(case, scope) for case in cases),
        tuple(calibration.probabilities(one) for one in margins),
        np.full(len(cases), calibration.threshold),
    )


def case_margins(
    model: Model,
    cases: Sequence[DatasetCase],
    device: str = "auto",
    progress: Progress | None = None,
) -> list[np.ndarray]:
    """Uncalibrated logit of class 1 minus that of class 0, one (slices,) float32 array a case.

    Arguments and what is raised: as in :func:`predict`.
    """
    place = pick_device(device)
    channels_last(model.net.to(place)).eval()
    total = sum(len(case_slices(case, model.spec.scope)) for case in cases)
    found: list[np.ndarray] = []
    done = 0
    for case in cases:
        parts = []
        for part in _margins(model, case, place, half_dtype(place)):
            parts.append(part)
            done += len(part)
            if progress:
                progress(done, total, "predicting")
        whole = np.concatenate(parts)
        if not np.isfinite(whole).all():
            # float16 overflows above 65504; float32 settles whether the network is at fault.
            whole = np.concatenate(list(_margins(model, case, place, None)))
        if not np.isfinite(whole).all():
            raise InputError("the model yields no finite number", model.card.name, "train it again")
        found.append(whole)
    return found


def _margins(
    model: Model, case: DatasetCase, device: torch.device, dtype: torch.dtype | None
) -> Iterator[np.ndarray]:
    """Of a case's slices, batch by batch; the network stands on ``device``."""
    step = BATCH[device.type]
    return map(margins, case_logits(model.net, case, model.spec, device, dtype, step))
