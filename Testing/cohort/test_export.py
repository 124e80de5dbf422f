"""The export: resuming, skipping, keys, what goes along and what is refused."""

import json
import shutil
import stat
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from export_cohorts import content, make_cohort, read_rows, write_rows

from GastricDiffLib.cli.main import main
from GastricDiffLib.cohort import export
from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.ct import read_roi
from GastricDiffLib.ct.roi import write_roi
from GastricDiffLib.errors import Cancelled, InputError

# In this process, for speed; what several do is tested for itself.
export_cases = partial(export.export_cases, workers=1)
export_cohort = partial(export.export_cohort, workers=1)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """``cohort.csv`` of 8 coarse phantoms, never changed."""
    return make_cohort(tmp_path_factory.mktemp("small") / "source", 8, age=range(51, 59))


@pytest.fixture(scope="module")
def exported(small, tmp_path_factory):
    """Its dataset, never changed."""
    return export_cohort(small, tmp_path_factory.mktemp("exported") / "out")


@pytest.fixture
def own(small, exported, tmp_path):
    """A copy of source, dataset and key to change: (cohort, dataset)."""
    shutil.copytree(small.parent, tmp_path / "source")
    shutil.copytree(exported, tmp_path / "out")
    shutil.copy(f"{exported}.key", tmp_path / "out.key")
    return tmp_path / "source" / "cohort.csv", tmp_path / "out"


def damaged(cohort: Path, case: str) -> None:
    path = cohort.parent / f"{case}.nrrd"
    path.write_bytes(path.read_bytes()[:2000])


def test_one_worker_and_two_write_the_same_bytes(small, exported, tmp_path):
    export.export_cases(small, tmp_path / "two", key=f"{exported}.key", workers=2)
    assert content(tmp_path / "two") == content(exported)


def test_exporting_again_changes_nothing_and_reads_no_image(own):
    cohort, out = own
    before = content(out)
    times = {path: path.stat().st_mtime_ns for path in out.rglob("*.npy")}
    assert export_cohort(cohort, out) == out
    assert content(out) == before
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.npy")} == times


def test_a_case_that_was_changed_in_the_dataset_is_exported_anew(own):
    cohort, out = own
    before = content(out)
    first, second, third = sorted(out.rglob("preview.png"))[:3]
    first.write_bytes(b"")
    second.unlink()
    slices = third.with_name("slices.npy")
    slices.write_bytes(slices.read_bytes()[:-2] + b"xx")
    export_cohort(cohort, out)
    assert content(out) == before


def test_a_box_drawn_anew_replaces_its_case_alone(own):
    cohort, out = own
    before = content(out)
    box = read_roi(cohort.parent / "c3.mrk.json")[0]
    write_roi(cohort.parent / "c3.mrk.json", [type(box)(box.center_lps, box.axes_lps, [9, 9, 30])])
    export_cohort(cohort, out)
    after = content(out)
    changed = {name.split("/")[0] for name in before if before[name] != after.get(name)}
    assert len(changed - {"dataset.json", "index.html"}) == 1


def test_a_case_taken_out_of_the_cohort_leaves_the_dataset(own):
    cohort, out = own
    write_rows(cohort, read_rows(cohort)[:-1])
    export_cohort(cohort, out)
    names = {case.pseudonym for case in Dataset.open(out).cases}
    assert len(names) == 7
    assert {path.name for path in out.iterdir() if path.is_dir()} == names


def test_an_export_that_is_cancelled_is_no_dataset_until_it_is_continued(small, tmp_path):
    def cancel(done, total, message):
        if done == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        export_cohort(small, tmp_path / "out", progress=cancel)
    assert len(list((tmp_path / "out").glob("*/case.json"))) >= 3
    assert not (tmp_path / "out" / ".unfinished").exists()
    with pytest.raises(InputError, match="no dataset here"):
        Dataset.open(tmp_path / "out")
    export_cohort(small, tmp_path / "out")
    assert len(Dataset.open(tmp_path / "out").cases) == 8


def test_bad_cases_are_skipped_and_reported_while_the_others_go_on(own, capsys):
    cohort, out = own
    shutil.rmtree(out)
    damaged(cohort, "c2")
    box = read_roi(cohort.parent / "c5.mrk.json")[0]
    away = type(box)(box.center_lps + 9000, box.axes_lps, box.size_mm)
    write_roi(cohort.parent / "c5.mrk.json", [away])
    assert main(["export", str(cohort), str(out), "--workers", "2"]) == 2
    printed = capsys.readouterr()
    assert "6 exported, 2 skipped" in printed.out
    assert "row 4, case 'c2': not a readable .nrrd file" in printed.out
    assert "row 7, case 'c5': " in printed.out
    assert "outside" in printed.out
    assert printed.err.splitlines()[-1].startswith("error: 2 cases are not in the dataset")
    assert "Traceback" not in printed.err
    cases = Dataset.open(out).cases
    assert len(cases) == 6
    assert {path.name for path in out.iterdir() if path.is_dir()} == {
        case.pseudonym for case in cases
    }
    assert "2 skipped" in (out / "index.html").read_text(encoding="utf-8")


def test_a_mended_case_joins_the_others_as_if_it_had_been_good(own, exported):
    cohort, out = own
    good = (cohort.parent / "c2.nrrd").read_bytes()
    damaged(cohort, "c2")
    with pytest.raises(InputError, match=r"1 of 8 cases could not be exported.*case 'c2'"):
        export_cohort(cohort, out)
    (cohort.parent / "c2.nrrd").write_bytes(good)
    export_cohort(cohort, out)
    assert content(out) == content(exported)


def test_too_many_bad_cases_leave_no_dataset(own):
    cohort, out = own
    for case in ("c0", "c2", "c4"):
        damaged(cohort, case)
    with pytest.raises(InputError, match=r"too few cases, 1 undifferentiated and 4 diff.*'c4'"):
        export_cohort(cohort, out)
    assert not (out / "dataset.json").exists()


def test_copies_under_other_file_names_are_found_by_their_content(own):
    cohort, out = own
    rows = read_rows(cohort)
    for name in ("c0.nrrd", "c0.mrk.json"):
        shutil.copy(cohort.parent / name, cohort.parent / f"again-{name}")
    rows.append(rows[0] | {"case_id": "x", "image": "again-c0.nrrd", "roi": "again-c0.mrk.json"})
    rows.append(rows[1] | {"case_id": "y", "roi": "c3.mrk.json"} | {"image": "other.nrrd"})
    shutil.copy(cohort.parent / "c1.nrrd", cohort.parent / "other.nrrd")
    shutil.copy(cohort.parent / "c1.mrk.json", cohort.parent / "other.mrk.json")
    box = read_roi(cohort.parent / "c1.mrk.json")[0]
    smaller = type(box)(box.center_lps, box.axes_lps, box.size_mm / 2)
    write_roi(cohort.parent / "other.mrk.json", [smaller])
    rows[-1]["roi"] = "other.mrk.json"
    exported = export_cases(write_rows(cohort, rows), out)
    faults = {skipped.case_id: skipped.fault for skipped in exported.skipped}
    assert faults["x"].startswith("the same image and box as row 2")
    assert faults["y"].startswith("the same image as row 3 under another patient")


def test_mixed_spacings_are_noted_and_one_far_off_is_skipped(small, exported, tmp_path):
    assert "mixed in-plane spacings" in (exported / "index.html").read_text(encoding="utf-8")
    shutil.copytree(small.parent, tmp_path / "source")
    path = tmp_path / "source" / "c1.nrrd"
    image = sitk.ReadImage(str(path))
    image.SetSpacing([3 * step for step in image.GetSpacing()])
    image.SetOrigin([3 * place for place in image.GetOrigin()])
    sitk.WriteImage(image, str(path))
    box = read_roi(tmp_path / "source" / "c1.mrk.json")[0]
    larger = type(box)(3 * box.center_lps, box.axes_lps, 3 * box.size_mm)
    write_roi(tmp_path / "source" / "c1.mrk.json", [larger])
    exported = export_cases(tmp_path / "source" / "cohort.csv", tmp_path / "out")
    assert [skipped.case_id for skipped in exported.skipped] == ["c1"]
    assert "more than a factor of 2 from the cohort's median" in exported.skipped[0].fault


def test_the_same_patient_has_the_same_pseudonym_only_under_the_same_key(small, tmp_path):
    rows = read_rows(small)[:6]
    for row in rows:
        for column in ("image", "roi"):
            row[column] = str(small.parent / row[column])
        row["patient_id"] = f"p{int(row['case_id'][1]) // 2}"
    cohort = write_rows(tmp_path / "cohort.csv", rows)
    first = Dataset.open(export_cohort(cohort, tmp_path / "first"))
    same = Dataset.open(export_cohort(cohort, tmp_path / "same", key=tmp_path / "first.key"))
    other = Dataset.open(export_cohort(cohort, tmp_path / "other"))
    patients = [case.patient for case in first.cases]
    assert len(set(patients)) == 3
    assert [case.patient for case in same.cases] == patients
    assert not {case.patient for case in other.cases} & set(patients)
    assert first.cohort_hash == same.cohort_hash == other.cohort_hash
    for patient in set(patients):
        assert len({case.split for case in first.cases if case.patient == patient}) == 1


def test_a_patients_given_split_holds_for_all_its_cases(own):
    cohort, out = own
    rows = [row | {"patient_id": "", "split": ""} for row in read_rows(cohort)]
    for row in rows[:4]:
        row["patient_id"] = "one"
    rows[2]["split"] = "val"
    exported = export_cases(write_rows(cohort, rows), out)
    assert sum(case["split"] == "val" for case in exported.cases) >= 4


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_the_key_is_for_its_owners_eyes_only(exported):
    assert stat.S_IMODE(Path(f"{exported}.key").stat().st_mode) == 0o600


def test_a_key_inside_the_dataset_or_lost_or_wrong_is_refused(own, tmp_path):
    cohort, out = own
    before = content(out)
    with pytest.raises(InputError, match="the key lies inside the dataset"):
        export_cohort(cohort, out, key=out / "secret.key")
    with pytest.raises(InputError, match="key of this export is missing"):
        export_cohort(cohort, out, key=tmp_path / "lost.key")
    (tmp_path / "other.key").write_text("ab" * 32)
    with pytest.raises(InputError, match="begun with another key"):
        export_cohort(cohort, out, key=tmp_path / "other.key")
    for wrong in ("words", "abcd"):
        (tmp_path / "other.key").write_text(wrong)
        with pytest.raises(InputError, match="not a key file"):
            export_cohort(cohort, out, key=tmp_path / "other.key")
    assert content(out) == before
    assert not (tmp_path / "lost.key").exists()


def test_a_folder_that_holds_something_else_is_left_alone(small, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="exists already"):
        export_cohort(small, tmp_path / "out")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="exists already"):
        export_cohort(small, tmp_path / "file")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "out", "thesis.txt"]


def test_harmless_numbers_go_along_and_what_may_identify_stays_behind(small, exported, tmp_path):
    assert sorted(case.covariates["age"] for case in Dataset.open(exported).cases) == list(
        range(51, 59)
    )
    rows = read_rows(small)
    for number, row in enumerate(rows):
        for column in ("image", "roi"):
            row[column] = str(small.parent / row[column])
        row |= {"size_mm": f"{number}.5", "hospital number": number, "BirthYear": 1950 + number}
        row |= {"mrn": 8812345 + number, "sex": "mf"[number % 2], "long": 10_000 + number}
        row |= {"padded": f"00{number}", "remark": f"seen by Dr. X, visit {number}", "grade": ""}
    rows[0]["grade"] = "2"
    cohort = write_rows(tmp_path / "cohort.csv", rows)
    exported = export_cases(cohort, tmp_path / "out")
    assert set(exported.cases[0]["covariates"]) == {"age", "size_mm", "grade"}
    assert sorted(map(str, (case["covariates"]["grade"] for case in exported.cases)))[0] == "2"
    stay = next(note for note in exported.notes if "stays behind" in note)
    for column in ("hospital number", "BirthYear", "mrn", "sex", "long", "padded", "remark"):
        assert column in stay
    exported = export_cases(cohort, tmp_path / "out", carry=["sex"])
    assert {case["covariates"]["sex"] for case in exported.cases} == {"m", "f"}
    with pytest.raises(InputError, match="no column 'gender'"):
        export_cases(cohort, tmp_path / "out", carry=["gender"])
    rows[0]["sex"] = "a whole sentence about this one patient"
    with pytest.raises(InputError, match="few short categories"):
        export_cases(write_rows(cohort, rows), tmp_path / "out", carry=["sex"])


def test_the_index_tells_shape_spacing_and_hashes_of_every_case(exported):
    index = json.loads((exported / "dataset.json").read_text())
    assert index["window"] == [-1024.0, 500.0]
    for entry, case in zip(index["cases"], Dataset.open(exported).cases, strict=True):
        slices = np.load(case.folder / "slices.npy", mmap_mode="r")
        assert slices.shape == (case.n_slices, *case.shape) == (entry["slices"], *entry["shape"])
        assert slices.dtype == np.int16
        assert case.spacing_mm == tuple(entry["spacing"])
        assert set(entry["sha256"]) == {path.stem for path in case.folder.glob("*.npy")}
