"""The runs of a comparison, put together by system and tested against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.compare.overlap import Overlap
from GastricDiffLib.compare.run import Outcome
from GastricDiffLib.metrics.intervals import (
    FEWEST_PATIENTS,
    RESAMPLES,
    Interval,
    metric_intervals,
    patient_weights,
)
from GastricDiffLib.metrics.paired import AUCDifference, Disagreement, delong, holm, mcnemar
from GastricDiffLib.metrics.predictions import Predictions
from GastricDiffLib.metrics.scores import WeightedMetric, patient_metrics, score
from GastricDiffLib.metrics.votes import majority

REFERENCE = "r50-imp-dpn-tad"
"""The paper's own system, which the others are tested against where it takes part."""
_AVERAGED = "averaged"


@dataclass(frozen=True)
class SystemResult:
    """All that was measured of one system, or of a baseline, in a comparison.

    ``predictions``: one a seed, over folds joined, the same cases in the same order;
    ``metrics``: the mean over seeds of each field of ``Scores``, with the interval of that mean;
    ``overlap``: (C,) means over seeds in the same order, None for baselines; ``outcomes``: the
    runs behind it; ``fold_auc``: case AUC within a fold, averaged over folds and seeds;
    ``averaged_auc``: case AUC of the mean probability over seeds, several networks used as one.
    """

    name: str
    predictions: tuple[Predictions, ...]
    metrics: Mapping[str, Interval]
    weights: npt.NDArray[np.float64]
    averaged_auc: Interval
    overlap: Overlap | None = None
    outcomes: tuple[Outcome, ...] = ()
    fold_auc: float = float("nan")

    @property
    def case_p(self) -> npt.NDArray[np.float64]:
        """(K, C) by seed and case."""
        return np.array([one.case_p for one in self.predictions])

    @property
    def image_p(self) -> npt.NDArray[np.float64]:
        """(K, ΣN_c) by seed and slice."""
        return np.array([one.image_p for one in self.predictions])

    @property
    def votes(self) -> np.ndarray:
        """(C,) bool: the class that most seeds vote for, a tie broken by the mean probability."""
        votes = [one.case_votes for one in self.predictions]
        threshold = np.mean([one.thresholds for one in self.predictions], axis=0)
        return majority(votes, self.case_p.mean(axis=0), threshold)

    @property
    def stacked(self) -> Predictions:
        """All seeds' predictions as one, the patients shared: for curves."""
        return Predictions.joined(
            [
                Predictions(
                    tuple(f"{case}#{k}" for case in one.cases),
                    one.patients,
                    one.labels,
                    one.slices,
                    one.p,
                    one.thresholds,
                )
                for k, one in enumerate(self.predictions)
            ]
        )


@dataclass(frozen=True)
class ReferenceComparison:
    """One system against the reference; positive differences are the reference's gain.

    ``auc_case``, ``auc_image``: DeLong over cases and over slices, clustered by patient;
    ``accuracy``: McNemar over the cases' votes. ``corrected``: Holm's p for each of the three,
    over all systems that were tested.
    """

    name: str
    reference: str
    auc_case: AUCDifference
    auc_image: AUCDifference
    accuracy: Disagreement
    corrected: tuple[float, float, float]


def collect(dataset: Dataset, outcomes: Sequence[Outcome]) -> list[SystemResult]:
    """The runs of each system as one result, in the order of their first appearance.

    Parameters
    ----------
    dataset
        In whose order the cases stand afterwards.
    outcomes
        Of one plan: every seed and fold of each system.
    """
    names = list(dict.fromkeys(outcome.run.system for outcome in outcomes))
    return [_of_system(dataset, [one for one in outcomes if one.run.system == n]) for n in names]


def _of_system(dataset: Dataset, outcomes: list[Outcome]) -> SystemResult:
    seeds = list(dict.fromkeys(outcome.run.seed for outcome in outcomes))
    order = [case.pseudonym for case in dataset.cases]
    parts, overlaps = [], []
    for seed in seeds:
        mine = [outcome for outcome in outcomes if outcome.run.seed == seed]
        joined = Predictions.joined([outcome.predictions for outcome in mine])
        held_out = set(joined.cases)
        names = [name for name in order if name in held_out]
        parts.append(joined.ordered(names))
        place = {name: row for row, name in enumerate(joined.cases)}
        rows = [place[name] for name in names]
        overlaps.append(
            [
                np.concatenate([getattr(one.overlap, field) for one in mine])[rows]
                for field in Overlap._fields
            ]
        )
    result = system_result(outcomes[0].run.system, parts)
    return SystemResult(
        result.name,
        result.predictions,
        result.metrics,
        result.weights,
        result.averaged_auc,
        Overlap(*np.mean(np.array(overlaps), axis=0)),
        tuple(outcomes),
        float(np.mean([score(outcome.predictions).case_auc for outcome in outcomes])),
    )


def system_result(name: str, predictions: Sequence[Predictions]) -> SystemResult:
    """A result from predictions of the same slices in the same order, one a seed."""
    weights = patient_weights(predictions[0], RESAMPLES)
    by_seed = [patient_metrics(one) for one in predictions]
    means = {key: _mean([metrics[key] for metrics in by_seed]) for key in by_seed[0]}
    averaged = patient_metrics(_averaged(predictions))["case_auc"]
    metrics = metric_intervals(means | {_AVERAGED: averaged}, weights)
    return SystemResult(name, tuple(predictions), metrics, weights, metrics.pop(_AVERAGED))


def _averaged(predictions: Sequence[Predictions]) -> Predictions:
    p = zip(*(one.p for one in predictions), strict=True)
    return replace(predictions[0], p=tuple(np.mean(by_seed, axis=0) for by_seed in p))


def _mean(metrics: Sequence[WeightedMetric]) -> WeightedMetric:
    """The mean of a metric over seeds: itself a metric of the patients."""
    return WeightedMetric(
        lambda w: np.asarray(np.mean([metric.of(w) for metric in metrics], axis=0)),
        min(metric.patients for metric in metrics),
        np.any([metric.members for metric in metrics], axis=0),
    )


def against_reference(results: Sequence[SystemResult]) -> list[ReferenceComparison]:
    """Each system against the paper's own (or the last, where that takes no part).

    DeLong's test (1988) on both AUCs, clustered by patient after Obuchowski (1997), McNemar's
    (1947) on the votes, each corrected over the systems after Holm (1979); see
    ``metrics.paired``.

    McNemar's test takes cases as independent, also those of one patient. Empty where only one
    system was run or a class has fewer than two patients.
    """
    by_name = {result.name: result for result in results}
    reference = by_name.get(REFERENCE, results[-1])
    others = [result for result in results if result is not reference]
    if not others or not enough_patients(reference.predictions[0]):
        return []
    tests = [_tests(reference, other) for other in others]
    columns = [[one.p for one in column] for column in zip(*tests, strict=True)]
    corrected = zip(*(holm(column) for column in columns), strict=True)
    return [
        ReferenceComparison(other.name, reference.name, *three, corrected=(a, b, c))
        for other, three, (a, b, c) in zip(others, tests, corrected, strict=True)
    ]


def enough_patients(predictions: Predictions) -> bool:
    """Whether AUCs can be tested: ``FEWEST_PATIENTS`` (two) of each class."""
    patients = np.array(predictions.patients)
    return all(
        len(set(patients[predictions.labels == label])) >= FEWEST_PATIENTS for label in (0, 1)
    )


def _tests(
    reference: SystemResult, other: SystemResult
) -> tuple[AUCDifference, AUCDifference, Disagreement]:
    of = reference.predictions[0]
    owners = [of.patients[index] for index in of.image_case]
    return (
        delong(of.labels, reference.case_p, other.case_p, of.patients),
        delong(of.image_labels, reference.image_p, other.image_p, owners),
        mcnemar(of.labels, reference.votes, other.votes),
    )
