"""Who trains, validates and tests: the paper's single split, or folds grouped by patient."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace

from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.cohort.split import NAMES, split_patients
from GastricDiffLib.errors import InputError

VALIDATION = 0.25
"""Share of what is not test; with five folds 0.6/0.2/0.2 as in the paper."""


def protocol(dataset: Dataset, folds: int | None = None, seed: int = 0) -> list[Dataset]:
    """The dataset as it is split in each round of a comparison.

    Parameters
    ----------
    dataset
        As exported.
    folds
        None for the dataset's own split; K ≥ 2 for K folds, each case being in the test set of
        exactly one, stratified by label and grouped by patient, validation drawn by patient from
        the rest.
    seed
        Of the folds.

    Returns
    -------
    list[Dataset]
        One dataset a round: the same cases in the same order, their ``split`` and the
        ``cohort_hash`` its own.

    Raises
    ------
    InputError
        A patient on two sides, a part without one of the classes, too few patients.
    """
    rounds = [dataset] if folds is None else _folds(dataset, folds, seed)
    for number, one in enumerate(rounds, start=1):
        _check(one, f"fold {number} of {folds}" if folds else "the dataset's split")
    return rounds


def with_split(dataset: Dataset, split: Sequence[str]) -> Dataset:
    """The dataset with each case's split (``train``, ``val``, ``test``) set anew.

    ``cohort_hash`` changes with it: a run on one split never goes on as a run on another.
    """
    text = json.dumps([dataset.cohort_hash, list(split)])
    cases = tuple(
        replace(case, split=name) for case, name in zip(dataset.cases, split, strict=True)
    )
    return replace(dataset, cases=cases, cohort_hash=hashlib.sha256(text.encode()).hexdigest())


def _folds(dataset: Dataset, count: int, seed: int) -> list[Dataset]:
    from sklearn.model_selection import StratifiedGroupKFold

    cases = dataset.cases
    if count < 2:
        raise InputError(f"{count} fold(s)", hint="ask for 2 folds or more")
    for label, name in enumerate(dataset.classes):
        patients = len({case.patient for case in cases if case.label == label})
        if patients < max(3, count):
            raise InputError(
                f"{patients} patient(s) {name} do not fill {count} folds",
                dataset.root,
                "ask for fewer folds, or add cases",
            )
    # By pseudonym, which an export draws anew, nothing may depend: the order is the file's.
    folds = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    labels = [case.label for case in cases]
    groups = _numbered([case.patient for case in cases])
    rounds = []
    for number, (rest, _) in enumerate(folds.split(labels, labels, groups)):
        kept = [cases[index] for index in rest]
        drawn = split_patients(
            [case.label for case in kept],
            [case.patient for case in kept],
            seed * 1009 + number,
            (1 - VALIDATION, VALIDATION, 0.0),
        )
        split = ["test"] * len(cases)
        for index, name in zip(rest, drawn, strict=True):
            split[index] = name
        rounds.append(with_split(dataset, split))
    return rounds


def _numbered(patients: Sequence[str]) -> list[int]:
    order = {patient: number for number, patient in enumerate(dict.fromkeys(patients))}
    return [order[patient] for patient in patients]


def _check(dataset: Dataset, where: str) -> None:
    sides: dict[str, str] = {}
    for case in dataset.cases:
        if sides.setdefault(case.patient, case.split) != case.split:
            raise InputError(
                f"patient {case.patient} stands on two sides, {sides[case.patient]} and "
                f"{case.split}",
                where,
                "correct the split column of cohort.csv and export again",
            )
    for name in NAMES:
        dataset.require_classes(dataset.split(name), f"{name} cases of {where}")
