"""Training, validation and test cases, and the balance of the training cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

FRACTIONS = (0.6, 0.2, 0.2)
NAMES = ("train", "val", "test")


def split_patients(
    labels: Sequence[int],
    patients: Sequence[str],
    seed: int = 0,
    fractions: Sequence[float] = FRACTIONS,
) -> list[str]:
    """Assign each case to ``train``, ``val`` or ``test`` (paper, section 4.2: 0.6/0.2/0.2).

    Patients are shuffled by ``seed`` within their label (that of most of their cases) and
    dealt out by the fractions, so that each part has the cohort's balance and no patient
    stands on two sides.

    Parameters
    ----------
    labels
        0 or 1 a case.
    patients
        Who the case belongs to, same length.

    Returns
    -------
    list[str]
        One name a case, in the order given.

    Examples
    --------
    >>> names = split_patients([0, 1] * 10, [f"p{i}" for i in range(20)])
    >>> [names.count(name) for name in NAMES]
    [12, 4, 4]
    """
    members: dict[str, list[int]] = {}
    for index, patient in enumerate(patients):
        members.setdefault(patient, []).append(index)
    rng = np.random.default_rng(seed)
    assigned = [""] * len(labels)
    for label in (0, 1):
        stratum = [
            cases
            for cases in members.values()
            if round(float(np.mean([labels[case] for case in cases]))) == label
        ]
        rng.shuffle(stratum)
        total = sum(len(cases) for cases in stratum)
        edges = np.cumsum(fractions)[:-1] * total
        dealt = 0
        for cases in stratum:
            # A patient goes where the middle of its cases falls.
            part = int(np.searchsorted(edges, dealt + len(cases) / 2, side="right"))
            for case in cases:
                assigned[case] = NAMES[part]
            dealt += len(cases)
    return assigned


def balanced(labels: Sequence[int], seed: int = 0) -> list[tuple[int, int]]:
    """Repeat cases of the rarer class until the classes match (paper, Table 2: 47+23 → 47+47).

    Returns
    -------
    list[tuple[int, int]]
        (case index, copy number): copy 0 is the case itself, further copies are to be
        augmented. Every case of the rarer class is repeated before one is repeated again.

    Examples
    --------
    >>> balanced([0, 0, 0, 1])
    [(0, 0), (1, 0), (2, 0), (3, 0), (3, 1), (3, 2)]
    """
    items = [(index, 0) for index in range(len(labels))]
    counts = Counter(labels)
    if len(counts) < 2:
        return items
    rare = min(counts, key=lambda label: counts[label])
    pool = [index for index, label in enumerate(labels) if label == rare]
    rng = np.random.default_rng(seed)
    lacking = max(counts.values()) - len(pool)
    copy = 1
    while lacking > 0:
        chosen = rng.permutation(pool)[:lacking]
        items += [(int(index), copy) for index in chosen]
        lacking -= len(chosen)
        copy += 1
    return items
