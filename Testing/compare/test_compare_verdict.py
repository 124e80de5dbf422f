"""The conclusions of a comparison in words, from made predictions."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from GastricDiffLib.compare.results import against_reference, system_result
from GastricDiffLib.compare.verdict import verdict
from GastricDiffLib.metrics.predictions import Predictions


def made(name, quality, seeds=2, cases=80):
    """Predictions that follow the label by ``quality`` standard deviations."""
    labels = np.arange(cases) % 2
    names = tuple(f"{i:03d}" for i in range(cases))
    parts = []
    for seed in range(seeds):
        rng = np.random.default_rng([seed, int(quality * 100)])
        p = 1 / (1 + np.exp(-(quality * (labels - 0.5) + rng.normal(0, 1, cases))))
        slices = tuple(np.array([one, one]) for one in p)
        parts.append(
            Predictions(names, names, labels, (np.arange(2),) * cases, slices, np.full(cases, 0.5))
        )
    return system_result(name, parts)


def test_the_best_system_is_named_and_what_is_worse_than_it():
    first, *_ = verdict([made("resnext50", 0.1), made("r50-imp-dpn-tad", 3)], [])
    assert first.startswith("r50-imp-dpn-tad has the highest case AUC, 0.9")
    assert "worse by more than chance" in first.lower()


def test_systems_that_cannot_be_distinguished_are_not_ranked():
    first, *_ = verdict([made("resnext50", 1.0), made("r50-imp-dpn-tad", 1.03)], [])
    assert "do not distinguish it from any other" in first


def test_a_network_that_is_not_above_a_baseline_has_not_earned_its_cost():
    weak, strong = made("resnext50", 1.0), made("resnext50", 4)
    baseline = made("radiomics", 1.05)
    assert "not yet earned its cost" in verdict([weak], [baseline])[1]
    assert "resnext50 is better" in verdict([strong], [baseline])[1]


def test_the_papers_order_is_counted_by_pairs():
    systems = ["vgg19", "resnext50", "r50-imp-dpn", "r50-imp-dpn-tad"]
    as_there = [made(name, 0.5 + k) for k, name in enumerate(systems)]
    (order,) = [line for line in verdict(as_there, []) if "pairs" in line]
    assert "Of the 6 pairs of systems, 6 stand" in order and "number 1 of 4" in order
    reversed_ = [made(name, 3.5 - k) for k, name in enumerate(systems)]
    (order,) = [line for line in verdict(reversed_, []) if "pairs" in line]
    assert "6 pairs of systems, 0 stand" in order and "number 4 of 4" in order


def test_what_teaching_adds_is_stated_for_both_pairs_together():
    gains = {"resnext50": 0.5, "r50-tad": 2, "r50-imp-dpn": 0.51, "r50-imp-dpn-tad": 2.01}
    lines = verdict([made(name, quality) for name, quality in gains.items()], [])
    assert sum("TAD" in line and "attention" in line for line in lines) == 2
    assert "Both systems with TAD together" in lines[-1] and "case AUC +0." in lines[-1]


def test_every_system_is_tested_against_the_papers_own():
    results = [made("r50-imp-dpn-tad", 2), made("vgg19", 0.2), made("resnext50", 1.9)]
    tests = {one.name: one for one in against_reference(results)}
    assert set(tests) == {"vgg19", "resnext50"}
    vgg = tests["vgg19"]
    assert vgg.auc_case.p < vgg.corrected[0] < 0.05 < tests["resnext50"].corrected[0]
    assert vgg.accuracy.first_only > vgg.accuracy.second_only
    assert vgg.auc_image.difference == pytest.approx(vgg.auc_case.difference)


def test_a_majority_of_seeds_is_a_cases_vote():
    result = made("resnext50", 1.0, seeds=3)
    by_seed = np.array([one.case_votes for one in result.predictions])
    np.testing.assert_array_equal(result.votes, by_seed.sum(axis=0) >= 2)


def test_the_mean_of_noisy_seeds_ranks_better_than_they_do():
    result = made("resnext50", 1.0, seeds=3)
    mean = result.case_p.mean(axis=0)
    expected = roc_auc_score(result.predictions[0].labels, mean)
    assert result.averaged_auc.value == pytest.approx(expected)
    assert result.averaged_auc.value > result.metrics["case_auc"].value
    assert "averaged" not in result.metrics


def test_one_system_alone_is_tested_against_nothing():
    assert against_reference([made("han", 1.0)]) == []
    assert "No other system was run" in verdict([made("han", 1.0)], [])[0]


def test_one_patient_a_class_leaves_nothing_to_test():
    systems = [made("resnext50", 1.0, cases=2), made("r50-imp-dpn-tad", 3, cases=2)]
    first, against = verdict(systems, [made("radiomics", 2, cases=2)])
    assert "No difference can be tested with fewer than 2 patients of a class" in first
    assert "No difference can be tested with fewer than 2 patients of a class" in against
    assert "p =" not in first + against
    assert "p ≥" not in first + against
    assert not against_reference(systems)
