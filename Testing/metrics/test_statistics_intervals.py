"""95 % intervals hold what they promise, patients being what is resampled."""

import math
from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest
from scipy.stats import binomtest

from GastricDiffLib.metrics.intervals import (
    FEWEST_PATIENTS,
    METHOD,
    Interval,
    auc_bounds,
    interval_text,
    intervals,
    metric_intervals,
    patient_weights,
)
from GastricDiffLib.metrics.predictions import Predictions
from GastricDiffLib.metrics.scores import patient_metrics, score


def cohort(rng, patients, true_auc, positives, slices=1, cases=1, shared=0.0):
    """A patient's slices have normal scores; ``shared`` is how alike those of a patient are."""
    label = np.arange(patients) < positives
    shift = math.sqrt(2) * NormalDist().inv_cdf(true_auc)
    own = rng.normal(size=patients)
    score, owner = [], np.repeat(np.arange(patients), cases)
    for i in owner:
        noise = rng.normal(size=slices)
        x = shift * label[i] + math.sqrt(shared) * own[i] + math.sqrt(1 - shared) * noise
        score.append(1 / (1 + np.exp(-x)))
    return Predictions(
        tuple(str(i) for i in range(len(owner))),
        tuple(str(i) for i in owner),
        label[owner].astype(int),
        tuple(np.arange(slices) for _ in owner),
        tuple(score),
        np.full(len(owner), 0.5),
    )


def coverage(name, truth, simulations, seed, **how):
    rng = np.random.default_rng(seed)
    hits = 0
    for number in range(simulations):
        predictions = cohort(rng, **how)
        only = {name: patient_metrics(predictions)[name]}
        found = metric_intervals(only, patient_weights(predictions, 300, number))[name]
        hits += found.low <= truth <= found.high
    return hits / simulations


@pytest.mark.parametrize(("true_auc", "seed"), [(0.7, 1), (0.8, 2), (0.9, 3)])
def test_the_interval_covers_the_true_auc_in_93_to_97_of_100_cohorts(true_auc, seed):
    how = {"patients": 80, "positives": 30, "true_auc": true_auc}
    assert 0.93 <= coverage("case_auc", true_auc, 1000, seed, **how) <= 0.97


def test_slices_of_a_patient_are_no_independent_witnesses():
    how = {"patients": 60, "positives": 25, "true_auc": 0.75, "slices": 6, "shared": 0.8}
    assert 0.93 <= coverage("image_auc", 0.75, 600, 4, **how) <= 0.97
    predictions = cohort(np.random.default_rng(5), **how)
    alone = Predictions(
        tuple(str(i) for i in range(360)),
        tuple(str(i) for i in range(360)),
        predictions.image_labels,
        tuple(np.arange(1) for _ in range(360)),
        tuple(np.array([p]) for p in predictions.image_p),
        np.full(360, 0.5),
    )
    honest, naive = (intervals(one, 500)["image_auc"] for one in (predictions, alone))
    assert honest.value == pytest.approx(naive.value, abs=1e-12)
    assert honest.high - honest.low > 1.8 * (naive.high - naive.low)


def test_all_cases_of_a_patient_are_drawn_together():
    predictions = cohort(np.random.default_rng(0), 20, 0.7, 8, cases=3)
    weights = patient_weights(predictions, 50)
    assert weights.shape == (50, 20)
    assert (weights[:, :8].sum(axis=1) == 8).all()
    assert (weights[:, 8:].sum(axis=1) == 12).all()


def test_every_metric_has_an_interval_around_it_within_0_and_1():
    predictions = cohort(np.random.default_rng(1), 23, 0.8, 9, slices=5, shared=0.5)
    found = intervals(predictions)
    for name, value in vars(score(predictions)).items():
        assert found[name].value == value
        assert 0 <= found[name].low <= value <= found[name].high <= 1
        assert found[name].low < found[name].high, name


def test_the_same_seed_gives_the_same_interval():
    predictions = cohort(np.random.default_rng(1), 30, 0.8, 9)
    assert intervals(predictions, 200, 7) == intervals(predictions, 200, 7)
    assert intervals(predictions, 200, 7) != intervals(predictions, 200, 8)


def test_four_cases_all_right_are_no_proof_of_perfection():
    p = (0.1, 0.2, 0.8, 0.9)
    names = tuple("abcd")
    predictions = Predictions(
        names,
        names,
        np.array([0, 0, 1, 1]),
        tuple(np.arange(1) for _ in p),
        tuple(np.array([x]) for x in p),
        np.full(4, 0.5),
    )
    found = intervals(predictions, 200)
    # Clopper–Pearson of 4 of 4: 0.025 ** (1 / 4); the AUC rests on two patients of a class.
    assert found["case_accuracy"] == (1.0, pytest.approx(0.39763536438352), 1.0)
    assert found["case_auc"] == (1.0, pytest.approx(math.sqrt(0.025)), 1.0)


@pytest.mark.parametrize("positives", [1, 11])
def test_one_patient_of_a_class_gives_values_without_intervals(positives):
    predictions = cohort(np.random.default_rng(2), 12, 0.5, positives, slices=4)
    found = intervals(predictions, 200)
    # Of the class with eleven patients alone an interval can be had.
    available = "specificity" if positives == 1 else "sensitivity"
    bounded = {name for name, one in found.items() if math.isfinite(one.low)}
    inside = {name for name, one in found.items() if 0 < one.value < 1}
    assert {f"image_{available}", f"case_{available}"} & inside <= bounded
    for name in inside - {f"image_{available}", f"case_{available}"}:
        assert name not in bounded
        assert math.isnan(found[name].high)
    assert f"each class needs {FEWEST_PATIENTS} patients" in METHOD


def test_one_patient_of_either_class_leaves_no_interval_but_exact_ones():
    predictions = cohort(np.random.default_rng(3), 2, 0.6, 1, slices=9, shared=0.2)
    found = intervals(predictions, 200)
    assert 0 < found["image_auc"].value < 1
    assert 0 < found["image_accuracy"].value < 1
    for name, (value, low, high) in found.items():
        if 0 < value < 1:
            assert math.isnan(low), name
            assert math.isnan(high), name
        else:
            assert high - low > 0.5, name
    assert auc_bounds(predictions)["image_auc_low"] is None


def test_two_patients_a_class_are_enough():
    predictions = cohort(np.random.default_rng(3), 4, 0.6, 2, slices=9, shared=0.2)
    for name, (value, low, high) in intervals(predictions).items():
        assert 0 <= low <= value <= high <= 1, name
        assert high - low > 0.01, name


def test_a_model_that_votes_for_one_class_throughout_has_no_accuracy_without_doubt():
    predictions = cohort(np.random.default_rng(4), 20, 0.7, 12)
    always = replace(predictions, thresholds=np.zeros(20))
    value, low, high = intervals(always, 200)["case_accuracy"]
    exact = binomtest(12, 20).proportion_ci(method="exact")
    assert (value, low, high) == pytest.approx((0.6, exact.low, exact.high), abs=1e-9)


def test_an_interval_that_is_not_available_is_shown_as_such():
    assert interval_text(Interval(0.75, 0.6, 0.85)) == "0.750 (0.600–0.850)"
    assert interval_text(Interval(0.75, math.nan, math.nan)) == "0.750 (too few)"
    assert interval_text(Interval(0.75, 0.6, 0.85), 1, 100) == "75.0 (60.0–85.0)"
    assert interval_text(Interval(math.nan, math.nan, math.nan)) == "–"
