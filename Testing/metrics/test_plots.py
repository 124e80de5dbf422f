"""ROC curves, their bands, and the calibration plot."""

import math

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.metrics import roc_auc_score, roc_curve

from GastricDiffLib.metrics.intervals import intervals, patient_weights
from GastricDiffLib.metrics.plots import draw_reliability, draw_roc, roc_band, roc_points
from GastricDiffLib.metrics.predictions import Predictions


def made(count):
    """Labels and p of ``count`` patients, one case of one slice each."""
    rng = np.random.default_rng(1)
    labels = np.arange(count) % 2
    return labels, 1 / (1 + np.exp(-rng.normal(labels * 1.2, 1)))


def predictions_of(labels, p):
    names = tuple(str(number) for number in range(len(labels)))
    return Predictions(
        names,
        names,
        np.asarray(labels),
        tuple(np.arange(1) for _ in p),
        tuple(np.array([one]) for one in p),
        np.full(len(p), 0.5),
    )


def test_the_curve_goes_from_nothing_found_to_everything_through_every_threshold():
    rng = np.random.default_rng(0)
    labels, p = rng.integers(0, 2, 80), np.round(rng.random(80), 1)
    x, y = roc_points(labels, p)
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert len(x) == len(np.unique(p)) + 1
    area = np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2)
    assert area == pytest.approx(roc_auc_score(labels, p), abs=1e-12)


def test_the_roc_band_lies_around_the_curve_and_narrows_with_more_patients():
    widths = []
    for count in (30, 300):
        labels, p = made(count)
        rng = np.random.default_rng(1)
        weights = rng.multinomial(count, np.full(count, 1 / count), 300).astype(float)
        grid = np.linspace(0, 1, 51)
        low, high = roc_band(labels, p, np.arange(count), weights, grid)
        x, y = roc_points(labels, p)
        curve = np.interp(grid + 1e-7, x + np.arange(len(x)) * 1e-13, y)
        assert np.mean((low <= curve) & (curve <= high)) > 0.95
        assert low.min() >= 0
        assert high.max() <= 1
        widths.append(np.mean(high - low))
    assert widths[1] < widths[0] / 2


def test_the_roc_band_is_that_of_scikit_learns_weighted_curves():
    labels, p = made(40)
    p = np.round(p, 1)
    grid = np.linspace(0, 1, 51)
    weights = patient_weights(predictions_of(labels, p), 60)
    curves = []
    for one in weights:
        x, y, _ = roc_curve(labels, p, sample_weight=one, drop_intermediate=False)
        curves.append(np.interp(grid + 1e-7, x + np.arange(len(x)) * 1e-13, y))
    expected = np.quantile(np.array(curves), [0.025, 0.975], axis=0)
    found = roc_band(labels, p, np.arange(40), weights, grid)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_one_patient_a_class_gets_a_curve_without_a_band():
    predictions = predictions_of([0, 1], [0.6, 0.4])
    weights = patient_weights(predictions, 50)
    low, high = roc_band(
        predictions.labels, predictions.case_p, np.arange(2), weights, np.linspace(0, 1, 5)
    )
    assert np.isnan(low).all()
    assert np.isnan(high).all()
    axes = Figure().subplots()
    draw_roc(axes, predictions, intervals(predictions, 50), weights)
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    assert not any("nan" in text for text in texts)
    assert axes.get_legend().get_title().get_text() == "too few patients for bands"
    assert not axes.collections


def test_the_legend_shows_too_few_where_the_interval_is_not_available():
    predictions = predictions_of([0, 1, 0], [0.2, 0.4, 0.6])
    found = intervals(predictions, 50)
    assert math.isnan(found["case_auc"].low)
    axes = Figure().subplots()
    draw_roc(axes, predictions, found, patient_weights(predictions, 50))
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    assert sum("AUC 0.500 (too few)" in text for text in texts) == 2


def test_a_bin_of_the_calibration_plot_without_interval_gets_no_bar():
    # The only positive patient shares a bin with negatives; another bin is negative alone.
    predictions = predictions_of([1, 0, 0, 0, 0], [0.55, 0.55, 0.55, 0.15, 0.15])
    axes = Figure().subplots()
    weights = patient_weights(predictions, 50)
    draw_reliability(axes, predictions.labels, predictions.case_p, np.arange(5), weights, "red")
    bars = [line for line in axes.lines if matplotlib.colors.to_hex(line.get_color()) == "#ff0000"]
    drawn = [np.isfinite(line.get_ydata()).all() for line in bars if len(line.get_ydata())]
    assert drawn == [True, False]
