"""Probability calibration and threshold, from validation cases alone.

Made for few of them: both stay as they are (scale 1, bias 0, threshold 0.5) unless the cases show
otherwise. A case counts 1 however many slices it has, since its slices are much alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FEWEST = 4
"""Cases below which nothing is fitted."""
RULES = ("accuracy", "youden")
_SPREAD = 1.0
"""Standard deviation of the prior on log scale and bias, around 0."""
_SAME = 1e-9
"""Sums of shares that differ by less are the same."""


@dataclass(frozen=True)
class Calibration:
    """``p = sigmoid(scale · margin + bias)``; a slice with p ≥ ``threshold`` votes for class 1.

    ``margin`` is the logit of class 1 minus that of class 0; ``scale`` is above 0, so that the
    order of slices, hence their AUC, stays.
    """

    scale: float = 1.0
    bias: float = 0.0
    threshold: float = 0.5

    def probabilities(self, margins: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float32]:
        """Margins as calibrated probabilities of class 1, in 0…1.

        In single precision from end to end, as a network's logits are: what classifying,
        evaluating and training take from one margin is the same number. Elsewhere in NumPy and
        PyTorch the last bit of a single-precision exponential depends on the processor; here it
        is rounded from a double.

        Parameters
        ----------
        margins
            Of any shape; the logit of class 1 minus that of class 0.

        Examples
        --------
        >>> Calibration(scale=2.0).probabilities(np.array([-1.0, 0.0, 1.0]))
        array([0.11920292, 0.5       , 0.880797  ], dtype=float32)
        """
        x = np.asarray(margins, dtype=np.float32) * np.float32(self.scale) + np.float32(self.bias)
        with np.errstate(over="ignore"):  # infinite: the probability is 0
            opposite = np.exp(-x.astype(np.float64)).astype(np.float32)
        return np.float32(1) / (np.float32(1) + opposite)


def fit(
    labels: Sequence[int], margins: Sequence[np.ndarray], rule: str = "accuracy"
) -> Calibration:
    """Fit calibration, then the threshold on calibrated probabilities.

    Parameters
    ----------
    labels
        0 or 1 a validation case.
    margins
        One (slices,) array a case.
    rule
        What the threshold is best for, ``accuracy`` or ``youden`` (sensitivity plus specificity).

    Returns
    -------
    Calibration
        The identity with fewer than ``FEWEST`` cases, one class only, or margins that are not
        finite or all the same.
    """
    if rule not in RULES:
        raise ValueError(f"rule {rule!r} is none of {', '.join(RULES)}")
    if not _informative(labels, margins):
        return Calibration()
    scale, bias = fit_scale_bias(labels, margins)
    calibrated = Calibration(scale, bias)
    p = [calibrated.probabilities(one).astype(np.float64) for one in margins]
    return Calibration(scale, bias, fit_threshold(labels, p, rule))


def fit_scale_bias(labels: Sequence[int], margins: Sequence[np.ndarray]) -> tuple[float, float]:
    """Platt's scale and bias on the logit; (1, 0) where :func:`fit` returns the identity.

    Cross-entropy against Platt's smoothed targets (Platt 1999: (N₊+1)/(N₊+2) and 1/(N₋+2)
    over N cases), with a normal prior on log scale and bias: separable cases do not drive the
    probabilities to 0 and 1, and a handful of cases moves them but little.
    """
    from scipy.optimize import minimize

    if not _informative(labels, margins):
        return 1.0, 0.0
    sizes = [len(one) for one in margins]
    positives = sum(labels)
    goal = {1: (positives + 1) / (positives + 2), 0: 1 / (len(labels) - positives + 2)}
    target = np.repeat([goal[label] for label in labels], sizes)
    weight = np.repeat([1 / size for size in sizes], sizes)
    x = np.concatenate(margins).astype(np.float64)

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        scale, bias = np.exp(parameters[0]), parameters[1]
        z = scale * x + bias
        value = np.sum(weight * (np.logaddexp(0, z) - target * z))
        slope = weight * ((1 + np.tanh(z / 2)) / 2 - target)
        gradient = np.array([np.sum(slope * x) * scale, np.sum(slope)])
        prior = parameters / _SPREAD**2
        return float(value + np.sum(prior * parameters) / 2), gradient + prior

    found = minimize(loss, np.zeros(2), jac=True, method="L-BFGS-B", bounds=[(-5, 5), (-10, 10)])
    return float(np.exp(found.x[0])), float(found.x[1])


def fit_threshold(
    labels: Sequence[int], probabilities: Sequence[np.ndarray], rule: str = "accuracy"
) -> float:
    """The threshold at which most slices are classified rightly, each case counting 1.

    0.5 unless another is better by more than the standard error of the gain over cases: one
    case alone never moves it. Among equals the one nearest to 0.5, amid the probabilities that
    it parts.

    Parameters
    ----------
    labels, rule
        As in :func:`fit`.
    probabilities
        One (slices,) array a case, calibrated.
    """
    if not _informative(labels, probabilities):
        return 0.5
    truth = np.asarray(labels) == 1
    # Youden's index counts either class as a half, whatever its number of cases.
    share = np.where(truth, truth.mean(), 1 - truth.mean())
    weight = 0.5 / share if rule == "youden" else np.ones(len(truth))
    values = np.unique(np.concatenate(probabilities))
    # 0.5 first: the standard to beat.
    candidates = np.concatenate([[0.5], (values[1:] + values[:-1]) / 2])
    sizes = [len(p) for p in probabilities]
    # What a slice of a case adds where it lies below the threshold: summed up over all slices
    # in order, since a table of all cases by all candidates would fill the memory.
    step = np.where(truth, -weight, weight) / sizes
    p = np.concatenate(probabilities)
    order = np.argsort(p, kind="stable")
    below = np.concatenate([[0.0], np.cumsum(np.repeat(step, sizes)[order])])
    total = below[np.searchsorted(p[order], candidates)]
    best = np.flatnonzero(total >= total.max() - _SAME)
    chosen = candidates[best[np.argmin(np.abs(candidates[best] - 0.5))]]
    moved = (p < chosen).astype(float) - (p < 0.5)
    gains = step * np.bincount(np.repeat(np.arange(len(sizes)), sizes), weights=moved)
    error = np.sqrt(np.sum(gains**2))
    return float(chosen) if gains.sum() > error + _SAME else 0.5


def _informative(labels: Sequence[int], values: Sequence[np.ndarray]) -> bool:
    flat = np.concatenate(values) if len(values) else np.zeros(0)
    return bool(
        len(labels) >= FEWEST
        and len(set(labels)) == 2
        and np.isfinite(flat).all()
        and np.ptp(flat) > 0
    )
