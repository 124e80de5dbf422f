"""Baselines without a network: a clinical covariate alone, texture with logistic regression."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from GastricDiffLib.cohort.dataset import Dataset, DatasetCase
from GastricDiffLib.compare.plan import ComparisonPlan
from GastricDiffLib.compare.protocol import protocol
from GastricDiffLib.compare.results import SystemResult, system_result
from GastricDiffLib.metrics.predictions import Predictions

RADIOMICS = "radiomics"
MISSING = (
    "the radiomics baseline is left out: it needs scikit-image (pip install "
    "'GastricDiffLib[radiomics]')"
)


def radiomics(dataset: Dataset, plan: ComparisonPlan) -> SystemResult | None:
    """Logistic regression on first-order and texture features, by the plan's protocol.

    Trained on training and validation cases alike, since it stops early at nothing; its
    penalty is chosen by grouped cross-validation among them. A case counts once: its metrics
    per slice are those per case.

    Returns
    -------
    SystemResult | None
        None where scikit-image is not installed.
    """
    try:
        from GastricDiffLib.compare.features import case_features
    except ImportError:
        return None
    features = {case.pseudonym: case_features(case, dataset.window) for case in dataset.cases}
    parts = []
    for seed in plan.seeds:
        rounds = [_fitted(split, features, seed) for split in protocol(dataset, plan.folds, seed)]
        joined = Predictions.joined(rounds)
        held_out = set(joined.cases)
        order = [case.pseudonym for case in dataset.cases if case.pseudonym in held_out]
        parts.append(joined.ordered(order))
    return system_result(RADIOMICS, parts)


def covariates(dataset: Dataset, held_out: Sequence[str]) -> list[SystemResult]:
    """The numeric covariates of the cohort, each alone and as it is: higher for class 1.

    Nothing is fitted, so that an AUC below 0.5 is one of a covariate that is lower for class 1.
    Cases without a value are left out; a covariate that lacks a class is too.

    Parameters
    ----------
    held_out
        Pseudonyms of the cases that the systems were judged by.
    """
    chosen = [case for case in dataset.cases if case.pseudonym in set(held_out)]
    names = dict.fromkeys(name for case in chosen for name in case.covariates)
    found = []
    for name in names:
        known = [case for case in chosen if _number(case, name) is not None]
        values = np.array([_number(case, name) for case in known], dtype=float)
        if len({case.label for case in known}) < 2 or len(set(values)) < 2:
            continue
        # Ranks: an order within 0…1, nothing else of it means a probability.
        p = np.searchsorted(np.unique(values), values) / (len(np.unique(values)) - 1)
        found.append(system_result(name, [_by_case(known, p)]))
    return found


def _fitted(split: Dataset, features: dict[str, np.ndarray], seed: int) -> Predictions:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    known = [case for case in split.cases if case.split != "test"]
    test = split.split("test")
    x, y = np.array([features[case.pseudonym] for case in known]), [case.label for case in known]
    patients = list(dict.fromkeys(case.patient for case in known))
    groups = [patients.index(case.patient) for case in known]
    fewest = min(len({g for g, label in zip(groups, y, strict=True) if label == c}) for c in (0, 1))
    folds = StratifiedGroupKFold(min(5, max(2, fewest)), shuffle=True, random_state=seed)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=2000)),
        {"logisticregression__C": np.logspace(-4, 1, 11)},
        scoring="neg_log_loss",
        cv=list(folds.split(x, y, groups)),
    )
    model = search.fit(x, y)
    p = model.predict_proba(np.array([features[case.pseudonym] for case in test]))[:, 1]
    return _by_case(test, np.round(p, 8))


def _by_case(cases: Sequence[DatasetCase], p: np.ndarray) -> Predictions:
    """One probability a case, as of its only slice."""
    return Predictions(
        tuple(case.pseudonym for case in cases),
        tuple(case.patient for case in cases),
        np.array([case.label for case in cases]),
        tuple(np.zeros(1, dtype=int) for _ in cases),
        tuple(np.array([one]) for one in p),
        np.full(len(cases), 0.5),
    )


def _number(case: DatasetCase, name: str) -> float | None:
    value = case.covariates.get(name)
    if isinstance(value, (int, float)) and math.isfinite(value):
        return float(value)
    return None
