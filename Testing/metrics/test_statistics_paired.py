"""Paired tests: published worked examples, and the definitions computed the long way."""

import math

import numpy as np
import pytest

from GastricDiffLib.metrics.paired import delong, holm, mcnemar

# The data of DeLong, DeLong and Clarke-Pearson (1988) as SAS/STAT prints them (User's Guide,
# PROC LOGISTIC, "Comparing Receiver Operating Characteristic Curves"): albumin, total protein,
# K-G score, and whether surgery failed (0, the event) or helped.
OVARIAN = """
3.0 5.8 10 0  3.2 6.3 5 1  3.9 6.8 3 1  2.8 4.8 6 0  3.2 5.8 3 1  0.9 4.0 5 0  2.5 5.7 8 0
1.6 5.6 5 1  3.8 5.7 5 1  3.7 6.7 6 1  3.2 5.4 4 1  3.8 6.6 6 1  4.1 6.6 5 1  3.6 5.7 5 1
4.3 7.0 4 1  3.6 6.7 4 0  2.3 4.4 6 1  4.2 7.6 4 0  4.0 6.6 6 0  3.5 5.8 6 1  3.8 6.8 7 1
3.0 4.7 8 0  4.5 7.4 5 1  3.7 7.4 5 1  3.1 6.6 6 1  4.1 8.2 6 1  4.3 7.0 5 1  4.3 6.5 4 1
3.2 5.1 5 1  2.6 4.7 6 1  3.3 6.8 6 0  1.7 4.0 7 0  3.7 6.1 5 1  3.3 6.3 7 1  4.2 7.7 6 1
3.5 6.2 5 1  2.9 5.7 9 0  2.1 4.8 7 1  2.8 6.2 8 0  4.0 7.0 7 1  3.3 5.7 6 1  3.7 6.9 5 1
3.6 6.6 5 1
"""


def test_delong_gives_the_published_results_of_its_own_example():
    albumin, protein, score, helped = np.array(OVARIAN.split(), float).reshape(-1, 4).T
    first, second = delong(helped, albumin, -score), delong(helped, protein, -score)
    # SAS/STAT's output: areas, difference to the K-G score, standard error, chi-square, p.
    assert round(first.first, 4) == 0.7366
    assert round(first.second, 4) == 0.7258
    assert round(second.first, 4) == 0.6478
    for found, published in (
        (first, (0.0108, 0.0953, 0.0127, 0.9102)),
        (second, (-0.0780, 0.1046, 0.5554, 0.4561)),
    ):
        ours = (found.difference, found.error, found.z**2, found.p)
        assert tuple(round(x, 4) for x in ours) == published


def by_definition(labels, first, second):
    """Standard error of the difference, from every pair of a positive and a negative."""
    rows, columns = [], []
    for x in (first, second):
        psi = np.array([[(a > b) + (a == b) / 2 for b in x[labels == 0]] for a in x[labels == 1]])
        rows.append(psi.mean(axis=1))
        columns.append(psi.mean(axis=0))
    s = np.cov(rows) / len(rows[0]) + np.cov(columns) / len(columns[0])
    return math.sqrt(s[0, 0] + s[1, 1] - 2 * s[0, 1])


def test_delong_is_its_definition_with_ties_too():
    rng = np.random.default_rng(0)
    for _ in range(10):
        labels = rng.permutation(np.repeat([0, 1], [17, 12]))
        first, second = np.round(rng.normal(labels, 1, (2, 29)), 1)
        found = delong(labels, first, second)
        assert found.error == pytest.approx(by_definition(labels, first, second), rel=1e-12)
        assert found.z == pytest.approx(found.difference / found.error)


def test_a_system_beside_itself_differs_by_nothing():
    rng = np.random.default_rng(1)
    x = rng.normal(size=20)
    found = delong(np.arange(20) % 2, x, np.exp(x))
    assert (found.difference, found.z, found.p) == (0, 0, 1)


def test_delong_rejects_a_true_null_in_about_five_of_hundred():
    rng = np.random.default_rng(2)
    labels = np.repeat([0, 1], [40, 30])
    p = []
    for _ in range(2000):
        common = rng.normal(labels * 1.0, 1)
        p.append(delong(labels, *(common + rng.normal(0, 0.7, (2, 70)))).p)
    assert 0.035 < np.mean(np.array(p) < 0.05) < 0.065


def test_slices_of_the_same_patients_do_not_feign_significance():
    rng = np.random.default_rng(3)
    labels = np.repeat([0, 1], [40, 30])
    owner = np.repeat(np.arange(70), 8)
    naive, honest = [], []
    for _ in range(600):
        common = rng.normal(labels, 1)
        two = (common + rng.normal(0, 0.7, (2, 70)))[:, owner] + rng.normal(0, 0.3, (2, 560))
        naive.append(delong(labels[owner], *two).p < 0.05)
        honest.append(delong(labels[owner], *two, patients=owner.astype(str)).p < 0.05)
    assert np.mean(naive) > 0.3
    assert 0.025 < np.mean(honest) < 0.08


def test_patients_of_one_row_each_change_nothing():
    rng = np.random.default_rng(4)
    labels = np.repeat([0, 1], 10)
    first, second = rng.normal(labels, 1, (2, 20))
    names = [f"patient {i}" for i in rng.permutation(20)]
    ours, plain = delong(labels, first, second, names), delong(labels, first, second)
    assert ours == pytest.approx(plain, rel=1e-12)


@pytest.mark.parametrize("labels", [[1, 1, 1], [0, 1, 1], [0, 0, 0]])
def test_delong_needs_two_patients_of_each_class(labels):
    with pytest.raises(ValueError, match="two patients"):
        delong(np.array(labels), np.arange(3.0), np.arange(3.0))


def disagreeing(b, c, both=5, neither=3):
    """Labels and two systems' classes: b right by the first alone, c by the second alone."""
    first = np.repeat([1, 0, 1, 0], [b, c, both, neither])
    second = np.repeat([0, 1, 1, 0], [b, c, both, neither])
    return np.ones(b + c + both + neither, dtype=int), first, second


def test_mcnemar_is_the_exact_binomial():
    # 2 · (1 + 10 + 45) / 1024, by hand.
    assert mcnemar(*disagreeing(2, 8)) == (2, 8, pytest.approx(0.109375, abs=1e-15))
    assert mcnemar(*disagreeing(8, 2)).p == mcnemar(*disagreeing(2, 8)).p
    assert mcnemar(*disagreeing(0, 6)).p == pytest.approx(2 / 64)
    assert mcnemar(*disagreeing(4, 4)).p == 1
    assert mcnemar(*disagreeing(0, 0)).p == 1


def test_mcnemar_agrees_with_scipy_on_large_counts():
    from scipy.stats import binomtest

    assert mcnemar(*disagreeing(180, 240)).p == pytest.approx(binomtest(180, 420).pvalue, rel=1e-9)


def test_holm_corrects_the_smallest_most_and_keeps_the_order():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.9]) == [1, 1]
    assert holm([]) == []
    corrected = holm([math.nan, 0.02, 0.01])
    assert math.isnan(corrected[0])
    assert corrected[1:] == pytest.approx([0.02, 0.02])


def test_several_trainings_are_compared_by_their_mean_auc():
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 2, 60)
    first, second = rng.normal(labels, 1.5, (3, 60)), rng.normal(labels, 2, (2, 60))
    many = delong(labels, first, second)
    alone = [[delong(labels, a, b) for b in second] for a in first]
    assert many.first == pytest.approx(np.mean([row[0].first for row in alone]))
    assert many.second == pytest.approx(np.mean([one.second for one in alone[0]]))
    # The mean of noisy trainings is steadier than one of them.
    assert many.error < np.mean([one.error for row in alone for one in row])
    same = delong(labels, np.stack([first[0]] * 3), second[0])
    for name, value in delong(labels, first[0], second[0])._asdict().items():
        assert getattr(same, name) == pytest.approx(value), name


def test_means_over_trainings_reject_a_true_null_in_about_five_of_hundred():
    rng = np.random.default_rng(9)
    labels, rejected = np.repeat([0, 1], 30), 0
    for _ in range(400):
        patient = rng.normal(0, 1, 60) + labels
        first, second = (patient + rng.normal(0, 1, (3, 60)) for _ in range(2))
        rejected += delong(labels, first, second).p < 0.05
    assert 0.02 < rejected / 400 < 0.09
