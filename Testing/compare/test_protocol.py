"""Folds and the single split: every case tested once, no patient on two sides."""

from pathlib import Path

import numpy as np
import pytest

from GastricDiffLib.cohort.dataset import Dataset, DatasetCase
from GastricDiffLib.compare.protocol import protocol, with_split
from GastricDiffLib.errors import InputError


def dataset(labels, patients, split=None):
    """No arrays on disk: splitting reads none."""
    split = split or ["train"] * len(labels)
    cases = tuple(
        DatasetCase(f"c{i}", str(patient), int(label), side, Path("nowhere"), (8, 8), 3)
        for i, (label, patient, side) in enumerate(zip(labels, patients, split, strict=True))
    )
    return Dataset(Path("nowhere"), ("benign", "malignant"), (-1024, 500), cases, "hash")


def cohort(seed=0):
    """115 cases of 80 patients, 77 and 38 by label; some patients have both."""
    rng = np.random.default_rng(seed)
    patients = np.concatenate([np.arange(80), rng.integers(0, 80, 35)])
    return dataset(rng.permutation(np.repeat([0, 1], [77, 38])), patients)


@pytest.mark.parametrize("folds", [2, 3, 5])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_patient_stands_on_two_sides_and_every_case_is_tested_once(folds, seed):
    whole = cohort(seed)
    rounds = protocol(whole, folds, seed)
    assert len(rounds) == folds
    tested = [case.pseudonym for one in rounds for case in one.split("test")]
    assert sorted(tested) == sorted(case.pseudonym for case in whole.cases)
    for one in rounds:
        assert [c.pseudonym for c in one.cases] == [c.pseudonym for c in whole.cases]
        sides = [{c.patient for c in one.split(name)} for name in ("train", "val", "test")]
        assert sum(len(side) for side in sides) == len(set.union(*sides)) == 80


def test_five_folds_of_the_papers_cohort_split_it_as_the_paper_does():
    labels = np.repeat([0, 1], [77, 38])
    for one in protocol(dataset(labels, range(115)), 5):
        sizes = [len(one.split(name)) for name in ("train", "val", "test")]
        assert sizes == pytest.approx([69, 23, 23], abs=1)
        for name in ("train", "val", "test"):
            share = np.mean([case.label for case in one.split(name)])
            assert share == pytest.approx(38 / 115, abs=0.03)


def test_the_same_seed_draws_the_same_folds_and_each_fold_has_a_hash_of_its_own():
    first, again, other = (protocol(cohort(), 3, seed) for seed in (0, 0, 1))
    splits = [[[case.split for case in one.cases] for one in rounds]
              for rounds in (first, again, other)]  # fmt: skip
    assert splits[0] == splits[1] != splits[2]
    hashes = {one.cohort_hash for one in (*first, cohort())}
    assert len(hashes) == 4
    assert [one.cohort_hash for one in first] == [one.cohort_hash for one in again]


def test_folds_do_not_depend_on_pseudonyms():
    labels = np.repeat([0, 1], 15)
    one, other = (dataset(labels, names) for names in (range(30), range(100, 130)))
    for a, b in zip(protocol(one, 3), protocol(other, 3), strict=True):
        assert [case.split for case in a.cases] == [case.split for case in b.cases]


def test_the_single_split_is_the_datasets_own():
    split = ["train", "val", "test"] * 4
    whole = dataset(np.repeat([0, 1], 6), range(12), split)
    assert protocol(whole) == [whole]


def test_a_patient_on_two_sides_of_the_single_split_is_named():
    whole = dataset([0, 1, 0, 1, 0, 1], ["a", "b", "c", "d", "a", "e"],
                    ["train", "train", "val", "val", "test", "test"])  # fmt: skip
    with pytest.raises(InputError, match="patient a stands on two sides, train and test"):
        protocol(whole)


def test_a_part_without_one_of_the_classes_is_named():
    split = ["train", "train", "val", "val", "test", "test"]
    whole = dataset([0, 1, 0, 1, 0, 0], range(6), split)
    with pytest.raises(InputError, match="no malignant case among the 2 test cases"):
        protocol(whole)
    with pytest.raises(InputError, match="no benign and no malignant case among the 0 val cases"):
        protocol(with_split(whole, ["train"] * 5 + ["test"]))


@pytest.mark.parametrize(
    ("positives", "folds", "words"),
    [(3, 5, "3 patient.s. malignant do not fill 5 folds"), (2, 2, "2 patient"), (9, 1, "1 fold")],
)
def test_too_few_patients_for_the_folds_are_named(positives, folds, words):
    labels = np.repeat([0, 1], [12, positives])
    with pytest.raises(InputError, match=words):
        protocol(dataset(labels, range(len(labels))), folds)
