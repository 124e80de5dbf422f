"""Cohort file, split, balance, export and the dataset read back."""

import json
from collections import Counter

import numpy as np
import pytest

from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.cohort.export import export_cohort
from GastricDiffLib.cohort.manifest import read_cohort
from GastricDiffLib.cohort.split import balanced, split_patients
from GastricDiffLib.ct import read_roi, read_volume
from GastricDiffLib.ct.roi import union_mask
from GastricDiffLib.errors import InputError


def test_the_papers_cohort_is_split_as_in_its_table():
    labels = [0] * 77 + [1] * 38
    counts = Counter(split_patients(labels, [str(n) for n in range(115)]))
    assert abs(counts["train"] - 70) <= 1
    assert abs(counts["val"] - 22) <= 1
    assert abs(counts["test"] - 23) <= 1


def test_each_part_keeps_the_balance_of_the_labels():
    labels = [0] * 80 + [1] * 40
    parts = split_patients(labels, [str(n) for n in range(120)], seed=5)
    for part in ("train", "val", "test"):
        share = np.mean([label for label, own in zip(labels, parts, strict=True) if own == part])
        assert share == pytest.approx(1 / 3, abs=0.02)


def test_a_patient_never_stands_on_two_sides():
    rng = np.random.default_rng(0)
    patients = [str(n) for n in rng.integers(0, 60, 200)]
    parts = split_patients(rng.integers(0, 2, 200).tolist(), patients)
    sides = {patient: set() for patient in patients}
    for patient, part in zip(patients, parts, strict=True):
        sides[patient].add(part)
    assert all(len(parts) == 1 for parts in sides.values())


def test_the_split_follows_the_seed():
    labels, patients = [0, 1] * 30, [str(n) for n in range(60)]
    assert split_patients(labels, patients, 1) == split_patients(labels, patients, 1)
    assert split_patients(labels, patients, 1) != split_patients(labels, patients, 2)


def test_the_papers_47_and_23_training_cases_become_47_and_47():
    labels = [0] * 47 + [1] * 23
    items = balanced(labels)
    assert Counter(labels[index] for index, _ in items) == {0: 47, 1: 47}
    copies = Counter(index for index, copy in items if copy)
    assert set(copies) <= set(range(47, 70))
    assert max(copies.values()) - min(copies.values()) <= 1


def test_a_balanced_cohort_is_left_alone():
    assert balanced([0, 1, 1, 0]) == [(0, 0), (1, 0), (2, 0), (3, 0)]


def test_every_fault_of_a_cohort_file_is_named_at_once(tmp_path):
    (tmp_path / "a.nrrd").touch()
    (tmp_path / "a.mrk.json").touch()
    path = tmp_path / "cohort.csv"
    path.write_text(
        "case_id,image,roi,label,split\n"
        "a,a.nrrd,a.mrk.json,differentiated,train\n"
        "a,a.nrrd,gone.mrk.json,2,somewhere\n"
        ",,a.mrk.json,0,\n"
    )
    with pytest.raises(InputError) as caught:
        read_cohort(path)
    message = str(caught.value)
    assert "6 fault(s)" in message
    for fault in (
        "row 3, case_id: 'a' stands twice",
        "row 3, roi: 'gone.mrk.json'",
        "row 3, label: '2'",
        "row 3, split: 'somewhere'",
        "row 4, case_id: empty",
        "row 4, image: empty",
    ):
        assert fault in message


def test_a_cohort_file_without_a_column_or_a_case_says_so(tmp_path):
    path = tmp_path / "cohort.csv"
    path.write_text("case_id,image,label\n")
    with pytest.raises(InputError, match="column roi missing"):
        read_cohort(path)
    path.write_text("case_id,image,roi,label\n")
    with pytest.raises(InputError, match="no case"):
        read_cohort(path)
    with pytest.raises(InputError, match="no such file"):
        read_cohort(tmp_path / "other.csv")


def test_the_exported_slices_and_roi_are_those_of_the_source(phantom_cohort, phantom_dataset):
    rows, dataset = read_cohort(phantom_cohort), Dataset.open(phantom_dataset)
    assert [case.label for case in dataset.cases] == [row.label for row in rows]
    for row, case in list(zip(rows, dataset.cases, strict=True))[:6]:
        volume, rois = read_volume(row.image), read_roi(row.roi)
        slices = case.roi_slices()
        hu, mask = case.read(slices)
        assert np.array_equal(hu, np.clip(volume.hu[slices], -1024, 500))
        expected = np.stack([union_mask(rois, volume, int(k)) for k in slices])
        if rois[0].is_axis_aligned:
            # the rectangle bounds the polygon: up to a pixel more on each side
            assert not (expected & ~mask.astype(bool)).any()
            assert mask.sum() <= 1.3 * expected.sum()
        else:
            assert np.array_equal(mask, expected)


def test_no_source_name_stands_in_the_dataset(phantom_cohort, phantom_dataset):
    planted = [row.case_id.encode() for row in read_cohort(phantom_cohort)]
    planted.append(str(phantom_cohort.parent).encode())
    for path in phantom_dataset.rglob("*"):
        content = str(path.relative_to(phantom_dataset)).encode()
        if path.is_file():
            content += path.read_bytes()
        assert not any(name in content for name in planted)


def test_exporting_again_gives_the_same_content_under_other_pseudonyms(
    phantom_cohort, phantom_dataset, tmp_path
):
    first, again = (
        Dataset.open(phantom_dataset),
        Dataset.open(export_cohort(phantom_cohort, tmp_path / "again")),
    )
    assert first.cohort_hash == again.cohort_hash
    assert not {case.pseudonym for case in first.cases} & {case.pseudonym for case in again.cases}


def test_a_bad_case_leaves_no_half_dataset(phantom_cohort, tmp_path):
    rows = read_cohort(phantom_cohort)
    broken = tmp_path / "broken.nrrd"
    broken.write_bytes(rows[0].image.read_bytes()[:5000])
    cohort = tmp_path / "cohort.csv"
    cohort.write_text(
        "case_id,image,roi,label\n"
        f"good,{rows[1].image},{rows[1].roi},0\nbad,{broken},{rows[0].roi},1\n"
    )
    with pytest.raises(InputError, match="case 'bad'"):
        export_cohort(cohort, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.nrrd", "cohort.csv"]


def test_a_dataset_of_another_version_or_damaged_is_refused(phantom_dataset, tmp_path):
    index = json.loads((phantom_dataset / "dataset.json").read_text())
    path = tmp_path / "dataset.json"
    path.write_text(json.dumps(index | {"format_version": 99}))
    with pytest.raises(InputError, match="format version 99"):
        Dataset.open(tmp_path)
    path.write_text("{")
    with pytest.raises(InputError, match="damaged"):
        Dataset.open(tmp_path)
    path.write_text(json.dumps(index))
    with pytest.raises(InputError, match="case folder missing"):
        Dataset.open(tmp_path)
    with pytest.raises(InputError, match="no dataset here"):
        Dataset.open(tmp_path / "nowhere")
