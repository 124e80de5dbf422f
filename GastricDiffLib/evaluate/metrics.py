"""How well slices and cases are told apart (paper, section 4.3), and how far to believe p.

Every metric is a function of the patients' weights: all weights 1 give the metric itself, other
weights the same metric with a patient counted so many times. The bootstrap needs no more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cache

import numpy as np

from GastricDiffLib.evaluate.predictions import Predictions

BINS = 10
"""Bins of equal width that the calibration error is summed over."""


@dataclass(frozen=True)
class Scores:
    """Every metric per slice ("image") and per case; nan where a class that it needs is missing.

    ``accuracy`` is the paper's IMG_ACC and CASE_ACC; sensitivity is of the positive class;
    ``calibration_error`` is the expected one, Σ n_b/n · |mean p − share of positives| over
    ``BINS`` bins of p; ``brier`` the mean of (p − label)².
    """

    image_auc: float
    case_auc: float
    image_accuracy: float
    case_accuracy: float
    image_sensitivity: float
    case_sensitivity: float
    image_specificity: float
    case_specificity: float
    image_calibration_error: float
    case_calibration_error: float
    image_brier: float
    case_brier: float


@dataclass(frozen=True)
class Measure:
    """A metric of P patients. ``of``: weights (B, P) → values (B,); nan where undefined.

    ``patients``: on how many patients it rests; for the AUC those of the smaller class.
    ``plain``: the metric itself, where there is a shorter way to it than by ``of``.
    """

    of: Callable[[np.ndarray], np.ndarray]
    patients: int
    plain: float | None = None

    def value(self, count: int) -> float:
        """The metric itself, every one of ``count`` patients counted once."""
        return float(self.of(np.ones((1, count)))[0]) if self.plain is None else self.plain


def auc(labels: np.ndarray, p: np.ndarray) -> float:
    """Area under the ROC curve; nan when only one class is there."""
    labels = np.asarray(labels)
    own = np.zeros(len(labels), dtype=int)
    return _auc(labels == 1, np.asarray(p, dtype=np.float64), own).value(1)


def score_cases(
    labels: Sequence[int], probabilities: Sequence[np.ndarray], threshold: float = 0.5
) -> Scores:
    """Score cases from the probabilities of their slices.

    A case's probability is the mean over its slices; its class is what most slices vote for,
    a tie broken by the mean.

    Args:
        labels: 0 or 1 a case.
        probabilities: one (slices,) array a case.
        threshold: a slice at or above it votes for class 1.
    """
    names = tuple(str(index) for index in range(len(labels)))
    return score(
        Predictions(
            names,
            names,
            np.asarray(labels),
            tuple(np.arange(len(p)) for p in probabilities),
            tuple(np.asarray(p, dtype=np.float64) for p in probabilities),
            np.full(len(labels), threshold),
        )
    )


def score(predictions: Predictions) -> Scores:
    """All metrics of some predictions."""
    count = len(set(predictions.patients))
    measures = patient_measures(predictions)
    return Scores(**{name: measure.value(count) for name, measure in measures.items()})


def patient_indices(predictions: Predictions) -> np.ndarray:
    """(C,) each case's patient as an index, in order of first appearance."""
    order = {patient: i for i, patient in enumerate(dict.fromkeys(predictions.patients))}
    return np.array([order[patient] for patient in predictions.patients])


def patient_measures(predictions: Predictions) -> dict[str, Measure]:
    """The metrics by their names in ``Scores``, over patients as ``patient_indices`` counts."""
    patient = patient_indices(predictions)
    image_patient = patient[predictions.image_case]
    images = _measures(
        predictions.image_labels, predictions.image_p, predictions.image_votes, image_patient
    )
    cases = _measures(predictions.labels, predictions.case_p, predictions.case_votes, patient)
    named = {f"image_{name}": measure for name, measure in images.items()}
    named |= {f"case_{name}": measure for name, measure in cases.items()}
    return {field.name: named[field.name] for field in fields(Scores)}


def _measures(
    labels: np.ndarray, p: np.ndarray, votes: np.ndarray, patient: np.ndarray
) -> dict[str, Measure]:
    positive, right = labels == 1, votes == (labels == 1)
    everyone = np.ones(len(labels), dtype=bool)
    return {
        "auc": _auc(positive, p, patient),
        "accuracy": share_of(right, everyone, patient),
        "sensitivity": share_of(right, positive, patient),
        "specificity": share_of(right, ~positive, patient),
        "calibration_error": _calibration_error(labels, p, patient),
        "brier": share_of((p - labels) ** 2, everyone, patient),
    }


def _by_patient(values: np.ndarray, patient: np.ndarray) -> np.ndarray:
    return np.bincount(patient, weights=values, minlength=int(patient.max()) + 1)


def share_of(values: np.ndarray, where: np.ndarray, patient: np.ndarray) -> Measure:
    """The mean of the values, in 0…1, that stand ``where``.

    Args:
        values: (N,); where: (N,) bool; patient: (N,) index of the patient each belongs to.
    """
    total, count = _by_patient(values * where, patient), _by_patient(where, patient)
    return Measure(lambda w: _ratio(w @ total, w @ count), int((count > 0).sum()))


def _auc(positive: np.ndarray, p: np.ndarray, patient: np.ndarray) -> Measure:
    """The share of (positive, negative) pairs in the right order, a tie counting half.

    Summed up by pairs of patients: a resample is then a quadratic form in its weights. That
    takes time and memory by the square of the patients, and is done when first asked for: every
    epoch of a training asks for the AUC alone.
    """
    positives, negatives = _by_patient(positive, patient), _by_patient(~positive, patient)
    smaller = int(min((positives > 0).sum(), (negatives > 0).sum()))
    pairs = positives.sum() * negatives.sum()
    wins = cache(lambda: _wins(positive, p, patient))
    return Measure(
        lambda w: _ratio(((w @ wins()) * w).sum(axis=1), (w @ positives) * (w @ negatives)),
        smaller,
        float(_ratio(_won(p[positive], np.sort(p[~positive])).sum(), pairs)),
    )


def _won(upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """How many of the sorted ``lower`` lie below each of ``upper``, a tie counting half."""
    return (np.searchsorted(lower, upper, "left") + np.searchsorted(lower, upper, "right")) / 2


def _wins(positive: np.ndarray, p: np.ndarray, patient: np.ndarray) -> np.ndarray:
    """(P, P) pairs that the slices of the patient of a row win against those of a column."""
    count = int(patient.max()) + 1
    upper, owner = p[positive], patient[positive]
    wins = np.zeros((count, count))
    order = np.lexsort((p, patient))
    order = order[~positive[order]]
    others, starts = np.unique(patient[order], return_index=True)
    for other, lower in zip(others, np.split(p[order], starts)[1:], strict=True):
        wins[:, other] = np.bincount(owner, weights=_won(upper, lower), minlength=count)
    return wins


def _calibration_error(labels: np.ndarray, p: np.ndarray, patient: np.ndarray) -> Measure:
    count = int(patient.max()) + 1
    gaps = np.zeros((count, BINS))
    np.add.at(gaps, (patient, bins_of(p)), p - labels)
    sizes = _by_patient(np.ones(len(p)), patient)
    return Measure(lambda w: _ratio(np.abs(w @ gaps).sum(axis=1), w @ sizes), count)


def bins_of(p: np.ndarray, bins: int = BINS) -> np.ndarray:
    """The bin of equal width, 0 … bins − 1, that each probability falls in."""
    return np.minimum((p * bins).astype(int), bins - 1)


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0, above / below, np.nan)
