"""A model's predictions for the cases of a dataset."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from GastricDiffLib.cohort.dataset import Dataset, DatasetCase
from GastricDiffLib.errors import InputError
from GastricDiffLib.inference.model_file import Model
from GastricDiffLib.inference.predictor import Predictor
from GastricDiffLib.inference.slices import CaseSlices, case_slices
from GastricDiffLib.metrics.calibration import Calibration
from GastricDiffLib.metrics.predictions import Predictions
from GastricDiffLib.nets.device import pick_device
from GastricDiffLib.progress import Progress


def evaluable_cases(dataset: Dataset, split: str, model: Model) -> list[DatasetCase]:
    """The cases of a split that the model can be judged by.

    Raises
    ------
    InputError
        None or of one class only; the model distinguishes other classes.
    """
    if model.classes != dataset.classes:
        raise InputError(
            f"the model distinguishes {' and '.join(model.classes)}, the dataset holds "
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
    """Classify every slice that the model's scope names, as :class:`Classifier` does.

    With the model file's calibration and threshold. On a CPU a case's probabilities are those
    that ``Classifier.classify`` gives its CT and box, to the last bit.

    Parameters
    ----------
    model
        Stays as it is.
    cases
        Of a dataset.
    device
        As ``--device``.
    progress
        Called with (slices done, slices in all, message); may raise ``Cancelled``.

    Raises
    ------
    InputError
        An absent device; a network that yields no finite number.
    Cancelled
        From ``progress``.
    """
    found = case_margins(model, cases, device, progress)
    return as_predictions(cases, found, model.calibration, model.spec.scope)


def as_predictions(
    cases: Sequence[DatasetCase],
    margins: Sequence[npt.NDArray[np.float32]],
    calibration: Calibration,
    scope: str,
) -> Predictions:
    """Margins of the cases' slices (see :func:`case_margins`) as calibrated probabilities."""
    return Predictions(
        tuple(case.pseudonym for case in cases),
        tuple(case.patient for case in cases),
        np.array([case.label for case in cases]),
        tuple(case_slices(case, scope) for case in cases),
        tuple(calibration.probabilities(one).astype(np.float64) for one in margins),
        np.full(len(cases), calibration.threshold),
    )


def case_margins(
    model: Model,
    cases: Sequence[DatasetCase],
    device: str = "auto",
    progress: Progress | None = None,
) -> list[npt.NDArray[np.float32]]:
    """Uncalibrated logit of class 1 minus that of class 0, one (slices,) array a case.

    Parameters and what is raised: as in :func:`predict`.
    """
    predictor = Predictor(model.net, model.spec, pick_device(device))
    slices = [CaseSlices(case, model.spec) for case in cases]
    total = sum(map(len, slices))
    found: list[npt.NDArray[np.float32]] = []
    for one in slices:
        done = sum(map(len, found))

        def shown(step: int, steps: int, text: str, done: int = done) -> None:
            if progress:
                progress(done + step, total, "predicting")

        # Case by case, as the classifier has them: batches of the same slices, the same bits.
        found.append(model.margins(predictor.predict(one, progress=shown).logits))
    return found
