"""Metrics: scikit-learn's where it has them, the paper's vote, and weights by patient."""

import csv
import math
from dataclasses import asdict

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, brier_score_loss, recall_score, roc_auc_score

from GastricDiffLib.errors import InputError
from GastricDiffLib.metrics.predictions import COLUMNS, Predictions
from GastricDiffLib.metrics.scores import (
    auc,
    patient_indices,
    patient_metrics,
    score,
    score_cases,
)


def made(cases=40, seed=0, digits=2, patients=None):
    """Predictions with ties (two digits) whose cases have 1 to 9 slices."""
    rng = np.random.default_rng(seed)
    labels = np.arange(cases) % 3 == 0
    sizes = rng.integers(1, 10, cases)
    p = tuple(
        np.round(1 / (1 + np.exp(-rng.normal(label - 0.5, 1.2, size))), digits)
        for label, size in zip(labels, sizes, strict=True)
    )
    names = tuple(f"case-{index}" for index in range(cases))
    owners = names if patients is None else tuple(f"p{i % patients}" for i in range(cases))
    slices = tuple(np.arange(size) + 3 for size in sizes)
    return Predictions(names, owners, labels.astype(int), slices, p, np.full(cases, 0.45))


def test_metrics_agree_with_scikit_learn_to_twelve_digits():
    for seed in range(5):
        predictions = made(seed=seed)
        scores = score(predictions)
        sides = {
            "image": (predictions.image_labels, predictions.image_p, predictions.image_votes),
            "case": (predictions.labels, predictions.case_p, predictions.case_votes),
        }
        for kind, (labels, p, votes) in sides.items():
            theirs = {
                "auc": roc_auc_score(labels, p),
                "accuracy": accuracy_score(labels, votes),
                "sensitivity": recall_score(labels, votes),
                "specificity": recall_score(labels, votes, pos_label=0),
                "brier": brier_score_loss(labels, p),
            }
            for name, value in theirs.items():
                assert abs(getattr(scores, f"{kind}_{name}") - value) < 1e-12, (kind, name)
            assert abs(auc(labels, p) - theirs["auc"]) < 1e-12


def test_a_case_is_what_most_of_its_slices_vote_and_a_tie_goes_by_the_mean():
    p = [
        np.array([0.6, 0.6, 0.1]),  # two of three for, though the mean is against
        np.array([0.9, 0.4]),  # a tie, mean above
        np.array([0.51, 0.1]),  # a tie, mean below
        np.array([0.5]),  # at the threshold counts for
    ]
    assert score_cases([1, 1, 0, 1], p).case_accuracy == 1
    assert score_cases([1, 1, 0, 1], p).image_accuracy == 5 / 8
    assert score_cases([0, 1, 0, 0], p).case_specificity == 1 / 3
    assert score_cases([1, 0, 0, 0], p, threshold=0.7).case_sensitivity == 0


def test_the_calibration_error_is_the_mean_gap_of_ten_bins():
    p = [np.array([x]) for x in (0.02, 0.08, 0.35, 0.31, 0.39, 1.0)]
    labels = [0, 1, 0, 0, 1, 1]
    by_hand = (2 * abs(0.05 - 1 / 2) + 3 * abs(0.35 - 1 / 3) + 1 * 0) / 6
    scores = score_cases(labels, p)
    assert scores.case_calibration_error == pytest.approx(by_hand, abs=1e-12)
    assert scores.image_calibration_error == pytest.approx(by_hand, abs=1e-12)
    often = score_cases(np.repeat([0, 1], [300, 700]), [np.array([0.7])] * 1000)
    assert often.case_calibration_error == pytest.approx(0, abs=1e-12)


def test_a_missing_class_leaves_nan_and_the_rest_stands():
    scores = score_cases([1, 1, 1], [np.array([x]) for x in (0.2, 0.7, 0.9)])
    undefined = {name for name, value in asdict(scores).items() if math.isnan(value)}
    assert undefined == {"image_auc", "case_auc", "image_specificity", "case_specificity"}
    assert scores.case_sensitivity == scores.case_accuracy == 2 / 3


def test_a_weight_of_three_is_a_patient_who_is_there_three_times():
    predictions = made(24, seed=3, patients=9)
    patient = patient_indices(predictions)
    weights = np.random.default_rng(1).integers(0, 4, (5, 9))
    measures = patient_metrics(predictions)
    for row in weights:
        chosen = [case for i, times in enumerate(row) for case in np.flatnonzero(patient == i)
                  for _ in range(times)]  # fmt: skip
        repeated = score_cases(predictions.labels[chosen], [predictions.p[i] for i in chosen], 0.45)
        for name, value in asdict(repeated).items():
            assert measures[name].of(row[None].astype(float))[0] == pytest.approx(value, abs=1e-12)


def test_the_auc_of_every_resample_is_scikit_learns_with_weights():
    for seed in range(5):
        # One digit: most pairs are ties.
        predictions = made(24, seed, digits=1, patients=9)
        patient = patient_indices(predictions)[predictions.image_case]
        weights = np.random.default_rng(seed).integers(0, 4, (300, 9)).astype(float)
        weights[:, :2] = 1  # one of either class
        theirs = [
            roc_auc_score(predictions.image_labels, predictions.image_p, sample_weight=row[patient])
            for row in weights
        ]
        ours = patient_metrics(predictions)["image_auc"].of(weights)
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_a_metric_knows_how_many_patients_it_rests_on():
    predictions = made(24, patients=12)
    measures = patient_metrics(predictions)
    # Of 24 cases every third is positive: those of patients 0, 3, 6 and 9.
    assert measures["case_sensitivity"].patients == 4
    assert measures["image_auc"].patients == 4
    assert measures["image_specificity"].patients == 8
    assert measures["case_brier"].patients == 12


def test_predictions_come_back_from_their_file_exactly(tmp_path):
    predictions = made(7, digits=8, patients=4)
    predictions.write(tmp_path / "predictions.csv")
    with open(tmp_path / "predictions.csv", newline="") as file:
        assert tuple(next(csv.reader(file))) == COLUMNS
    again = Predictions.read(tmp_path / "predictions.csv")
    assert (again.cases, again.patients) == (predictions.cases, predictions.patients)
    for name in ("labels", "thresholds", "image_p", "case_votes"):
        np.testing.assert_array_equal(getattr(again, name), getattr(predictions, name))
    for ours, theirs in zip(again.slices, predictions.slices, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert score(again) == score(predictions)


def test_folds_join_to_one_and_a_case_predicted_twice_is_refused():
    whole = made(10)
    half = [
        Predictions(
            whole.cases[part], whole.patients[part], whole.labels[part], whole.slices[part],
            whole.p[part], whole.thresholds[part],
        )
        for part in (slice(0, 4), slice(4, 10))
    ]  # fmt: skip
    assert score(Predictions.joined(half)) == score(whole)
    with pytest.raises(ValueError, match="twice"):
        Predictions.joined([half[0], whole])


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "case,patient,slice,label,p,threshold\nx,x,0"])
def test_another_file_in_place_of_predictions_is_named(text, tmp_path):
    (tmp_path / "other.csv").write_text(text)
    with pytest.raises(InputError, match=r"other\.csv"):
        Predictions.read(tmp_path / "other.csv")
    with pytest.raises(InputError, match=r"gone\.csv"):
        Predictions.read(tmp_path / "gone.csv")
