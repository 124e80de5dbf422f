"""Calibration and threshold: right with many validation cases, timid with few."""

import tracemalloc

import numpy as np
import pytest

from GastricDiffLib.metrics.calibration import (
    Calibration,
    fit,
    fit_scale_bias,
    fit_threshold,
)
from GastricDiffLib.metrics.scores import score_cases


def cohort(cases, scale, bias, seed=0, slices=4):
    """Labels drawn from sigmoid(scale · margin + bias), one margin a case and its slices near."""
    rng = np.random.default_rng(seed)
    margin = rng.normal(0, 1, cases)
    labels = (rng.random(cases) < 1 / (1 + np.exp(-scale * margin - bias))).astype(int)
    return labels.tolist(), [m + rng.normal(0, 0.01, slices) for m in margin]


def test_many_cases_give_back_the_scale_and_bias_that_made_them():
    labels, margins = cohort(4000, 2.5, -0.7)
    scale, bias = fit_scale_bias(labels, margins)
    assert scale == pytest.approx(2.5, abs=0.2)
    assert bias == pytest.approx(-0.7, abs=0.12)


def test_calibration_mends_overconfident_probabilities_on_cases_never_fitted():
    fitted = fit(*cohort(60, 0.4, 0.3, seed=1))
    labels, margins = cohort(2000, 0.4, 0.3, seed=2)
    before, after = (
        score_cases(labels, [one.probabilities(m) for m in margins])
        for one in (Calibration(), fitted)
    )
    assert after.case_calibration_error < before.case_calibration_error / 2
    assert after.case_brier < before.case_brier
    assert after.case_auc == pytest.approx(before.case_auc, abs=1e-4)


@pytest.mark.parametrize("cases", [4, 8, 20])
def test_few_separable_cases_leave_probabilities_short_of_0_and_1(cases):
    labels = [0, 1] * (cases // 2)
    margins = [np.full(5, 3.0 * (2 * label - 1)) for label in labels]
    fitted = fit(labels, margins)
    p = fitted.probabilities(np.array([3.0]))[0]
    assert 0.6 < p < 1 - 0.5 / cases
    assert 0.1 < fitted.scale < 3
    assert abs(fitted.bias) < 1e-3


def test_slices_weigh_by_case_so_that_a_long_scan_has_one_voice():
    labels, margins = cohort(12, 1, 0, seed=3)
    repeated = [np.tile(m, 50) if i == 0 else m for i, m in enumerate(margins)]
    assert fit_scale_bias(labels, repeated) == pytest.approx(
        fit_scale_bias(labels, margins), rel=1e-3
    )


def test_a_system_that_errs_on_validation_is_muted_but_not_turned_round():
    labels = [0, 1] * 10
    margins = [np.full(3, 2.0 * (1 - 2 * label)) for label in labels]
    scale, _ = fit_scale_bias(labels, margins)
    assert 0 < scale < 0.2


@pytest.mark.parametrize(
    ("labels", "margins"),
    [
        ([0, 1, 1], [[1.0], [2.0], [3.0]]),
        ([1, 1, 1, 1], [[1.0], [2.0], [3.0], [4.0]]),
        ([0, 1, 0, 1], [[2.0], [2.0], [2.0], [2.0]]),
        ([0, 1, 0, 1], [[2.0], [np.inf], [1.0], [3.0]]),
        ([0, 1, 0, 1], [[2.0], [np.nan], [1.0], [3.0]]),
        ([], []),
    ],
    ids=["three cases", "one class", "constant", "infinite", "not a number", "none"],
)
def test_cases_that_say_nothing_leave_the_identity(labels, margins):
    assert fit(labels, [np.array(m) for m in margins]) == Calibration(1.0, 0.0, 0.5)


def test_the_threshold_finds_a_shifted_boundary():
    rng = np.random.default_rng(4)
    labels = [0, 1] * 30
    p = [np.clip(0.2 + 0.15 * label + rng.normal(0, 0.03, 6), 0.01, 0.99) for label in labels]
    threshold = fit_threshold(labels, p)
    assert 0.24 < threshold < 0.31
    assert score_cases(labels, p, threshold).case_accuracy > 0.95
    assert score_cases(labels, p).case_accuracy == 0.5


def test_one_case_alone_does_not_move_the_threshold_but_three_do():
    def around(wrong):
        """``wrong`` positive cases lie at 0.4, above every negative one."""
        labels = [0] * 5 + [1] * 5
        values = [0.1, 0.15, 0.2, 0.25, 0.3] + [0.4] * wrong + [0.9] * (5 - wrong)
        return labels, [np.array([v]) for v in values]

    assert fit_threshold(*around(0)) == 0.5
    assert fit_threshold(*around(1)) == 0.5
    assert fit_threshold(*around(3)) == pytest.approx(0.35)


def test_youden_cares_for_the_rare_class_and_accuracy_for_the_common_one():
    rng = np.random.default_rng(5)
    labels = [0] * 90 + [1] * 18
    p = [np.array([x]) for x in np.clip(rng.normal(0.25, 0.1, 90), 0.01, 0.99)]
    p += [np.array([x]) for x in np.clip(rng.normal(0.36, 0.1, 18), 0.01, 0.99)]
    chosen = {rule: fit_threshold(labels, p, rule) for rule in ("accuracy", "youden")}
    scores = {rule: score_cases(labels, p, t) for rule, t in chosen.items()}
    assert chosen["youden"] < chosen["accuracy"]
    assert scores["youden"].case_sensitivity > scores["accuracy"].case_sensitivity + 0.2
    assert scores["accuracy"].case_accuracy > scores["youden"].case_accuracy


def test_fitting_on_noise_seldom_leaves_half():
    rng = np.random.default_rng(6)
    moved, scales = 0, []
    for _ in range(100):
        labels = rng.permutation([0, 1] * 5).tolist()
        fitted = fit(labels, [rng.normal(0, 1, 8) for _ in labels])
        moved += fitted.threshold != 0.5
        scales.append(fitted.scale)
    assert np.median(scales) < 0.7
    assert max(scales) < 1.5
    assert moved < 60


def test_an_unknown_rule_is_refused():
    with pytest.raises(ValueError, match="cost"):
        fit([0, 1], [np.zeros(1), np.ones(1)], "cost")


def test_the_threshold_of_many_cases_takes_memory_by_their_slices_alone():
    peaks = []
    for cases in (200, 800):
        labels, margins = cohort(cases, 2.0, 1.0, slices=20)
        p = [1 / (1 + np.exp(-one)) for one in margins]
        tracemalloc.start()
        fit_threshold(labels, p)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # Four times the cases; a table of cases by thresholds would take sixteen times as much.
    assert peaks[1] < 5 * peaks[0]
