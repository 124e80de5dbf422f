"""Two systems on the same cases: is one better by more than chance?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from GastricDiffLib.metrics.scores import Floats


class AUCDifference(NamedTuple):
    """``first`` and ``second`` AUC, their ``difference``, its standard ``error``, ``z``, ``p``."""

    first: float
    second: float
    difference: float
    error: float
    z: float
    p: float


def delong(
    labels: npt.ArrayLike,
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    patients: Sequence[str] | None = None,
) -> AUCDifference:
    """Test whether two correlated AUCs differ, two-sided.

    DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988) 837–845; where a patient has several
    rows (cases, or slices), in the form for clustered data by Obuchowski, Biometrics 53 (1997)
    567–578, which is DeLong's where no one has.

    Parameters
    ----------
    labels
        (N,) 0 or 1.
    first, second
        (N,) what each system gave, higher for class 1; or (K, N) from K trainings of it, whose mean
        AUC is then compared: it is a mean over pairs of rows as one AUC is, so that the same test
        holds.
    patients
        N names of whom the rows belong to; each row its own without it.

    Returns
    -------
    AUCDifference
        Two equal AUCs of error 0 (the same ranks) give z 0 and p 1.

    Raises
    ------
    ValueError
        Fewer than two patients of a class.

    Notes
    -----
    Neither scikit-learn nor scipy has this test, clustered or not.

    Examples
    --------
    >>> labels = [0, 0, 0, 1, 1, 1]
    >>> test = delong(labels, [0.1, 0.2, 0.6, 0.5, 0.7, 0.9], [0.4, 0.1, 0.6, 0.5, 0.3, 0.8])
    >>> round(test.first, 3), round(test.second, 3), round(test.p, 3)
    (0.889, 0.667, 0.371)
    """
    labels = np.asarray(labels)
    names = [str(i) for i in range(len(labels))] if patients is None else list(patients)
    _, owner = np.unique(names, return_inverse=True)
    areas, up, down = zip(
        *(_mean_components(labels, np.atleast_2d(x)) for x in (first, second)), strict=True
    )
    positive = labels == 1
    # Deviations from the AUC, summed by patient: (2, P)
    above = np.array(
        [
            np.bincount(owner[positive], one - a, owner.max() + 1)
            for a, one in zip(areas, up, strict=True)
        ]
    )
    below = np.array(
        [
            np.bincount(owner[~positive], one - a, owner.max() + 1)
            for a, one in zip(areas, down, strict=True)
        ]
    )
    groups = [len(np.unique(owner[side])) for side in (positive, ~positive)]
    if min(groups) < 2:
        raise ValueError("two patients of each class are needed")
    m, n, total = int(positive.sum()), int((~positive).sum()), len(np.unique(owner))
    covariance = above @ above.T * groups[0] / (groups[0] - 1) / m**2
    covariance += below @ below.T * groups[1] / (groups[1] - 1) / n**2
    covariance += (above @ below.T + below @ above.T) * total / (total - 1) / (m * n)
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    difference = float(areas[0] - areas[1])
    error = math.sqrt(max(variance, 0.0))
    # What is left of a sum of cancelling terms is no error.
    if error < 1e-12:
        z = 0.0 if abs(difference) < 1e-12 else math.copysign(math.inf, difference)
    else:
        z = difference / error
    p = math.erfc(abs(z) / math.sqrt(2))
    return AUCDifference(float(areas[0]), float(areas[1]), difference, error, z, p)


def _mean_components(labels: npt.NDArray[Any], x: npt.NDArray[Any]) -> tuple[float, Floats, Floats]:
    """:func:`_components` of each of (K, N) and the mean of each part."""
    areas, up, down = zip(*(_components(labels, one) for one in x), strict=True)
    return float(np.mean(areas)), np.mean(up, axis=0), np.mean(down, axis=0)


def _components(labels: npt.NDArray[Any], x: npt.NDArray[Any]) -> tuple[float, Floats, Floats]:
    """AUC and structural components (DeLong et al., section 3).

    For each positive the share of negatives below it, for each negative the share of positives
    above it, ties counting half.
    """
    upper, lower = x[labels == 1], x[labels == 0]
    if not len(upper) or not len(lower):
        raise ValueError("two patients of each class are needed")
    lower_sorted, upper_sorted = np.sort(lower), np.sort(upper)
    below = np.searchsorted(lower_sorted, upper, "left") + np.searchsorted(
        lower_sorted, upper, "right"
    )
    under = np.searchsorted(upper_sorted, lower, "left") + np.searchsorted(
        upper_sorted, lower, "right"
    )
    up, down = below / 2 / len(lower), 1 - under / 2 / len(upper)
    return float(up.mean()), up, down


class Disagreement(NamedTuple):
    """Cases that the first or the second system alone got right, and McNemar's ``p``."""

    first_only: int
    second_only: int
    p: float


def mcnemar(labels: npt.ArrayLike, first: npt.ArrayLike, second: npt.ArrayLike) -> Disagreement:
    """Test whether two systems' accuracies differ, exact and two-sided.

    The cases that one of them alone got right fall to either side with equal chance if neither
    is better (McNemar, Psychometrika 12 (1947) 153–157).

    Parameters
    ----------
    labels
        (C,) 0 or 1 a case.
    first, second
        (C,) the class that each system gave.

    Examples
    --------
    >>> mcnemar([1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 0, 1], [0, 0, 0, 0, 1, 0])
    Disagreement(first_only=5, second_only=1, p=0.21875)
    """
    from scipy.stats import binomtest

    truth = np.asarray(labels) == 1
    right, other = (np.asarray(one).astype(bool) == truth for one in (first, second))
    b, c = int((right & ~other).sum()), int((~right & other).sum())
    return Disagreement(b, c, float(binomtest(b, b + c, 0.5).pvalue) if b + c else 1.0)


def holm(p: Sequence[float]) -> list[float]:
    """p values corrected for there being several, in the order given.

    Holm, Scandinavian Journal of Statistics 6 (1979) 65–70: it bounds the chance of any false
    finding. scipy's ``false_discovery_control`` bounds another rate, and statsmodels, which has
    Holm's, would bring pandas along for it.

    Parameters
    ----------
    p
        In any order; nan (no test) stays nan and is not counted.

    Examples
    --------
    >>> holm([0.04, 0.01, 0.5])
    [0.08, 0.03, 0.5]
    """
    valid = sorted((value, index) for index, value in enumerate(p) if not math.isnan(value))
    corrected = [math.nan] * len(p)
    highest = 0.0
    for rank, (value, index) in enumerate(valid):
        highest = max(highest, min(1.0, value * (len(valid) - rank)))
        corrected[index] = highest
    return corrected
