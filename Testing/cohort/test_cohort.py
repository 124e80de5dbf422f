"""Cohort file, split, balance, export and the dataset read back."""

import json
import tracemalloc
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from GastricDiffLib.cohort.dataset import Dataset, DatasetCase
from GastricDiffLib.cohort.export import export_cohort
from GastricDiffLib.cohort.manifest import read_cohort
from GastricDiffLib.cohort.pseudonyms import pseudonym, read_key
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


def written(path, *lines):
    """A ``cohort.csv`` whose files a.nrrd … h.nrrd and a.mrk.json … h.mrk.json exist."""
    for name in "abcdefgh":
        (path / f"{name}.nrrd").touch()
        (path / f"{name}.mrk.json").touch()
    (path / "cohort.csv").write_text("\n".join(lines) + "\n")
    return path / "cohort.csv"


def faults_of(cohort):
    with pytest.raises(InputError) as caught:
        read_cohort(cohort)
    return str(caught.value)


def test_a_misspelt_label_split_or_column_comes_with_the_right_word(tmp_path):
    faults = faults_of(
        written(
            tmp_path,
            "case_id,image,roi,label,split",
            "a,a.nrrd,a.mrk.json,diferentiated,tain",
            "b,b.nrrd,b.mrk.json,Undifferentiated,",
        )
    )
    assert "row 2, label: 'diferentiated' is none of" in faults
    assert "did you mean 'differentiated'?" in faults
    assert "did you mean 'train'?" in faults
    assert "row 3, label: 'Undifferentiated'" in faults
    assert "did you mean 'undifferentiated'?" in faults
    assert "rename 'lable'" in faults_of(written(tmp_path, "case_id,image,roi,lable"))
    faults = faults_of(written(tmp_path, "case_id;image;roi;label", "a;a.nrrd;a.mrk.json;1"))
    assert "save it with commas, not semicolons" in faults
    faults = faults_of(written(tmp_path, "case_id,image,roi,label,label"))
    assert "column label stands twice" in faults


def test_a_patient_in_two_splits_is_reported_by_both_rows(tmp_path):
    faults = faults_of(
        written(
            tmp_path,
            "case_id,image,roi,label,patient_id,split",
            "a,a.nrrd,a.mrk.json,1,p,train",
            "",
            "b,b.nrrd,b.mrk.json,1,p,test",
        )
    )
    assert "row 4, split: 'test', but row 2 has the same patient in 'train'" in faults


def test_a_case_under_two_ids_and_an_image_under_two_patients_are_reported(tmp_path):
    faults = faults_of(
        written(
            tmp_path,
            "case_id,image,roi,label",
            "a,a.nrrd,a.mrk.json,1",
            "b,./a.nrrd,a.mrk.json,1",
            "c,a.nrrd,c.mrk.json,1",
        )
    )
    assert "2 fault(s)" in faults
    assert "row 3, case_id: 'b' is row 2's case again, image and ROI; remove one" in faults
    assert "row 4, patient_id: row 2 has the same image under another patient" in faults


def test_two_lesions_of_one_patients_image_are_two_cases(tmp_path):
    rows = read_cohort(
        written(
            tmp_path,
            "case_id,image,roi,label,patient_id,age",
            "a,a.nrrd,a.mrk.json,1,p,61",
            "b,a.nrrd,b.mrk.json,0,p,",
        )
    )
    assert [row.number for row in rows] == [2, 3]
    assert [row.extra for row in rows] == [{"age": "61"}, {"age": ""}]


def test_a_row_with_more_cells_than_columns_is_reported(tmp_path):
    faults = faults_of(
        written(tmp_path, "case_id,image,roi,label", "a,a.nrrd,a.mrk.json,1,Smith, John")
    )
    assert "row 2, more cells than columns" in faults


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ("111111", "all 6 cases are differentiated, one class only"),
        ("101", "too few cases, 1 undifferentiated and 2 differentiated"),
        ("110111", "too few cases, 1 undifferentiated and 5 differentiated"),
    ],
)
def test_nothing_is_exported_of_one_class_or_of_three_cases(labels, words, tmp_path):
    lines = [
        f"{name},{name}.nrrd,{name}.mrk.json,{label}"
        for name, label in zip("abcdefgh", labels, strict=False)
    ]
    cohort = written(tmp_path, "case_id,image,roi,label", *lines)
    with pytest.raises(InputError, match=words):
        export_cohort(cohort, tmp_path / "out")
    assert not list(tmp_path.glob("out*"))


def test_the_exported_slices_and_roi_are_those_of_the_source(phantom_cohort, phantom_dataset):
    key = read_key(Path(f"{phantom_dataset}.key"))
    cases = {case.pseudonym: case for case in Dataset.open(phantom_dataset).cases}
    rows = read_cohort(phantom_cohort)
    assert len(cases) == len(rows)
    for row in rows[:6]:
        case = cases[pseudonym(key, "case", row.case_id)]
        assert case.label == row.label
        volume, rois = read_volume(row.image), read_roi(row.roi)
        slices = case.roi_slices()
        hu, mask = case.read(slices)
        assert np.array_equal(hu, np.clip(volume.hu[slices], -1024, 500))
        assert case.spacing_mm == pytest.approx(volume.spacing_mm, abs=1e-4)
        expected = np.stack([union_mask(rois, volume, int(k)) for k in slices])
        if rois[0].is_axis_aligned:
            # the rectangle bounds the polygon: up to a pixel more on each side
            assert not (expected & ~mask.astype(bool)).any()
            assert mask.sum() <= 1.3 * expected.sum()
        else:
            assert np.array_equal(mask, expected)


@pytest.mark.parametrize("with_mask", [False, True])
def test_reading_a_few_slices_takes_no_memory_for_the_others(with_mask, tmp_path):
    shape = (160, 512, 512)
    slices = np.lib.format.open_memmap(tmp_path / "slices.npy", "w+", np.int16, shape)
    slices[100] = 77
    slices.flush()
    roi = np.full((160, 4), -1, dtype=np.int16)
    roi[90:110] = 100, 120, 200, 260
    np.save(tmp_path / "roi.npy", roi)
    if with_mask:
        np.lib.format.open_memmap(tmp_path / "mask.npy", "w+", np.bool_, shape)[100, 3, 4] = True
    del slices
    case = DatasetCase("x", "y", 1, "train", tmp_path, shape[1:], shape[0])
    tracemalloc.start()
    assert len(case.roi_slices()) == len(case.rectangles()) == 20
    hu, mask = case.read(np.array([100, 5]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (hu[0] == 77).all()
    assert mask[0].sum() == (1 if with_mask else 100 * 140)
    assert mask[1].sum() == 0
    # two slices of HU and mask, and their copies, of 80 MiB and more
    assert peak < 4 * 2**20


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
