"""One voting rule: for the slices of a case, in results and predictions, and for networks."""

import numpy as np
import pytest

from GastricDiffLib.compare.results import SystemResult
from GastricDiffLib.ct.grid import Grid
from GastricDiffLib.metrics.predictions import Predictions
from GastricDiffLib.metrics.votes import majority
from GastricDiffLib.results.case_result import CaseResult, ModelCard

CASES = {
    "most slices, against the mean": ([0.45, 0.45, 0.99], 0.5, False),
    "most slices, the mean alike": ([0.6, 0.7, 0.1], 0.5, True),
    "a tie, the mean above": ([0.9, 0.2], 0.5, True),
    "a tie, the mean below": ([0.6, 0.1], 0.5, False),
    "a tie, the mean at the threshold": ([0.75, 0.25], 0.5, True),
    "a tie by another threshold": ([0.75, 0.25], 0.6, False),
    "a slice at the threshold": ([0.25], 0.25, True),
}


@pytest.mark.parametrize(("p", "threshold", "positive"), CASES.values(), ids=CASES)
def test_a_result_and_a_prediction_vote_alike(p, threshold, positive):
    p = np.array(p, dtype=np.float32)
    count = len(p)
    result = CaseResult(
        slice_index=np.arange(count), position_mm=np.arange(count, dtype=float),
        in_roi=np.ones(count, dtype=bool), p=p, threshold=threshold, classes=("no", "yes"),
        heat=np.zeros(0, np.float32), heat_kind="attention", grid=Grid((1, 1, 1), np.eye(4)),
        model=ModelCard("m", "0", "resnext50", "roi"), device="cpu float32", seconds=0.0,
    )  # fmt: skip
    assert result.vote == ("yes" if positive else "no")
    assert predicted(p, threshold).case_votes.tolist() == [positive]
    assert bool(majority(p >= threshold, p.mean(), threshold)) is positive


def test_networks_vote_by_the_same_rule_and_break_ties_by_the_mean_of_all():
    threshold = 0.5
    parts = ([0.9, 0.45], [0.2, 0.4])
    predictions = tuple(Predictions.joined([predicted(np.array([p]), threshold, name) for p, name in
                                zip(part, "ab", strict=True)]) for part in parts)  # fmt: skip
    result = SystemResult("resnext50", predictions, {}, np.ones((1, 2)), None)
    # The first case: one vote each, mean 0.55; the second: none.
    assert result.votes.tolist() == [True, False]


def test_no_voter_decides_nothing_by_count():
    assert majority(np.zeros((0, 2)), [0.7, 0.3], 0.5).tolist() == [True, False]


def predicted(p, threshold, name="a"):
    slices = (np.arange(len(p)),)
    thresholds = np.array([threshold])
    return Predictions((name,), (name,), np.array([1]), slices, (p.astype(float),), thresholds)
