"""How well slices and cases are told apart (paper, section 4.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scores:
    """AUC per slice and per case (nan where a class is missing), IMG_ACC and CASE_ACC."""

    image_auc: float
    case_auc: float
    image_accuracy: float
    case_accuracy: float


def auc(labels: np.ndarray, p: np.ndarray) -> float:
    """Area under the ROC curve; nan when only one class is there."""
    from sklearn.metrics import roc_auc_score

    if len(np.unique(labels)) < 2:
        return float("nan")
    return float(roc_auc_score(labels, p))


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
    means = np.array([np.mean(p, dtype=np.float64) for p in probabilities])
    shares = np.array([np.mean(p >= threshold) for p in probabilities])
    votes = np.where(shares == 0.5, means >= threshold, shares > 0.5)
    case_labels = np.asarray(labels)
    image_labels = np.repeat(case_labels, [len(p) for p in probabilities])
    images = np.concatenate([np.asarray(p, dtype=np.float64) for p in probabilities])
    return Scores(
        auc(image_labels, images),
        auc(case_labels, means),
        float(np.mean((images >= threshold) == image_labels)),
        float(np.mean(votes == case_labels)),
    )
