"""A model's probabilities for each slice of labelled cases, kept as CSV."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from GastricDiffLib.errors import InputError
from GastricDiffLib.metrics.votes import majority

COLUMNS = ("case", "patient", "slice", "label", "p", "threshold")


@dataclass(frozen=True, eq=False)
class Predictions:
    """Probabilities of the positive class by slice, C cases of N_c slices each.

    ``cases``, ``patients``: C pseudonyms; ``labels``: (C,) 0 or 1; ``slices``: C arrays (N_c,)
    of axial slice indices; ``p``: C arrays (N_c,) float64 in 0…1; ``thresholds``: (C,), a slice
    at or above it votes for class 1. It stands by case since out-of-fold predictions come from
    several models.

    Examples
    --------
    >>> found = Predictions(
    ...     cases=("a", "b"),
    ...     patients=("p", "q"),
    ...     labels=np.array([0, 1]),
    ...     slices=(np.array([3, 4]), np.array([7])),
    ...     p=(np.array([0.2, 0.4]), np.array([0.9])),
    ...     thresholds=np.array([0.5, 0.5]),
    ... )
    >>> found.image_labels.tolist(), found.case_votes.tolist()
    ([0, 0, 1], [False, True])
    """

    cases: tuple[str, ...]
    patients: tuple[str, ...]
    labels: npt.NDArray[np.int_]
    slices: tuple[npt.NDArray[np.int_], ...]
    p: tuple[npt.NDArray[np.float64], ...]
    thresholds: npt.NDArray[np.float64]

    @property
    def image_case(self) -> npt.NDArray[np.intp]:
        """(ΣN_c,) the case, as an index, of each slice."""
        return np.repeat(np.arange(len(self.cases)), [len(p) for p in self.p])

    @property
    def image_labels(self) -> npt.NDArray[np.int_]:
        """(ΣN_c,) each slice inherits its case's label."""
        return self.labels[self.image_case]

    @property
    def image_p(self) -> npt.NDArray[np.float64]:
        """(ΣN_c,) probabilities, case after case."""
        return np.concatenate(self.p).astype(np.float64)

    @property
    def image_votes(self) -> npt.NDArray[np.bool_]:
        """(ΣN_c,) whether the slice votes for class 1."""
        return np.asarray(self.image_p >= self.thresholds[self.image_case])

    @property
    def case_p(self) -> npt.NDArray[np.float64]:
        """(C,) mean probability over a case's slices."""
        return np.array([np.mean(p, dtype=np.float64) for p in self.p])

    @property
    def case_votes(self) -> npt.NDArray[np.bool_]:
        """(C,) bool: what most slices vote for, a tie broken by the mean probability."""
        by_case = zip(self.p, self.case_p, self.thresholds, strict=True)
        return np.array([majority(p >= t, mean, t) for p, mean, t in by_case], dtype=bool)

    def write(self, path: Path) -> None:
        """Write one CSV row a slice, exact: reading it gives the same numbers."""
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for index, (case, patient) in enumerate(zip(self.cases, self.patients, strict=True)):
                label, threshold = int(self.labels[index]), float(self.thresholds[index])
                for k, p in zip(self.slices[index], self.p[index], strict=True):
                    writer.writerow((case, patient, int(k), label, float(p), threshold))

    @classmethod
    def read(cls, path: Path | str) -> Predictions:
        """Read what :meth:`write` wrote.

        Raises
        ------
        InputError
            Not such a file.
        """
        try:
            with open(path, newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            if not rows:
                raise ValueError("no row")
            grouped: dict[str, list[dict[str, str]]] = {}
            for row in rows:
                grouped.setdefault(row["case"], []).append(row)
            first = [group[0] for group in grouped.values()]
            return cls(
                tuple(grouped),
                tuple(row["patient"] for row in first),
                np.array([int(row["label"]) for row in first]),
                tuple(np.array([int(r["slice"]) for r in group]) for group in grouped.values()),
                tuple(np.array([float(r["p"]) for r in group]) for group in grouped.values()),
                np.array([float(row["threshold"]) for row in first]),
            )
        except (OSError, UnicodeDecodeError, csv.Error, KeyError, ValueError, TypeError) as error:
            raise InputError(
                "not a file of predictions", path, f"it has the columns {','.join(COLUMNS)}"
            ) from error

    def ordered(self, cases: Sequence[str]) -> Predictions:
        """The same predictions, of the cases named and in their order.

        Raises
        ------
        KeyError
            One of them was not predicted.
        """
        place = {case: index for index, case in enumerate(self.cases)}
        rows = [place[case] for case in cases]
        return Predictions(
            tuple(cases),
            tuple(self.patients[row] for row in rows),
            self.labels[rows],
            tuple(self.slices[row] for row in rows),
            tuple(self.p[row] for row in rows),
            self.thresholds[rows],
        )

    @classmethod
    def joined(cls, parts: Sequence[Predictions]) -> Predictions:
        """Those of several folds as one, in the order given.

        Raises
        ------
        ValueError
            A case stands in two of them.
        """
        cases = tuple(case for part in parts for case in part.cases)
        if len(set(cases)) < len(cases):
            raise ValueError("a case was predicted twice")
        return cls(
            cases,
            tuple(patient for part in parts for patient in part.patients),
            np.concatenate([part.labels for part in parts]),
            tuple(slices for part in parts for slices in part.slices),
            tuple(p for part in parts for p in part.p),
            np.concatenate([part.thresholds for part in parts]),
        )
