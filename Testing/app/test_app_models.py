"""The panel's models: those offered, and the card of each."""

from __future__ import annotations

import numpy as np
import pytest

from GastricDiffLib.app.models import Models, model_card, model_problem
from GastricDiffLib.errors import InputError
from GastricDiffLib.resources import demo_model


class Kept:
    """Settings in memory."""

    def __init__(self) -> None:
        self.values: dict[str, list[str]] = {}

    def texts(self, name):
        return self.values.get(name, [])

    def keep(self, name, texts):
        self.values[name] = list(texts)


def test_the_selector_has_the_demo_model_and_those_used_here(tmp_path):
    models = Models(Kept())
    assert [choice.path for choice in models.choices()] == [str(demo_model())]
    copy = tmp_path / "run" / "model.safetensors"
    copy.parent.mkdir()
    copy.write_bytes(demo_model().read_bytes())
    models.add(copy)
    assert [choice.path for choice in models.choices()] == [str(demo_model()), str(copy)]
    copy.unlink()
    assert len(models.choices()) == 1
    chosen = models.choices(str(copy))[-1]
    assert chosen.title == "model.safetensors: cannot be read"
    assert "no such model file" in model_problem(str(copy))
    with pytest.raises(InputError, match="no such model file"):
        models.add(copy)


def test_a_card_shows_what_the_model_is_and_what_it_is_not_for():
    card = model_card("")
    for text in ("r50-imp-dpn-tad", "0.97, held-out slices", "slices that the box cuts",
                 "2026-11-22", "240 train", "phantoms only", "Not for diagnosis"):  # fmt: skip
        assert text in card, text


def test_a_card_shows_the_interval_where_the_model_has_one():
    from GastricDiffLib.app.models import _judgement

    metrics = {"test_case_auc": 0.81, "test_case_auc_low": 0.7, "test_case_auc_high": 0.9}
    assert _judgement(metrics)[0] == ("AUC", "0.81 (0.70–0.90), held-out cases")


def test_the_intervals_that_a_card_shows_are_those_of_the_predictions():
    from GastricDiffLib.app.models import _judgement
    from GastricDiffLib.metrics.intervals import auc_bounds, intervals
    from GastricDiffLib.metrics.predictions import Predictions

    rng = np.random.default_rng(0)
    labels = np.arange(24) % 2
    names = tuple(f"case-{n}" for n in range(24))
    p = tuple(np.clip(0.3 + 0.3 * label + rng.normal(0, 0.2, 5), 0, 1) for label in labels)
    slices = tuple(np.arange(5) for _ in names)
    predictions = Predictions(names, names, labels, slices, p, np.full(24, 0.5))
    found = intervals(predictions)["case_auc"]
    metrics = {f"test_{name}": value for name, value in auc_bounds(predictions).items()}
    card = _judgement(metrics | {"test_case_auc": found.value})
    assert f"{found.value:.2f} ({found.low:.2f}–{found.high:.2f})" in card[0][1]
