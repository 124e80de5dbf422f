"""The coordinator's table and its file."""

from __future__ import annotations

import pytest

from GastricDiffLib.app.cohort import mark
from GastricDiffLib.app.cohort_table import CohortCase, CohortTable
from GastricDiffLib.cohort.manifest import read_cohort
from GastricDiffLib.errors import InputError


@pytest.fixture
def folder(tmp_path):
    """Three boxes with their CTs, each laid out another way. Only names matter here."""
    for name in ("a/first.nrrd", "a/first.mrk.json", "b/ct.nii.gz", "b/box.mrk.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "c" / "series").mkdir(parents=True)
    (tmp_path / "c" / "series" / "1.dcm").write_text("x")
    (tmp_path / "c" / "roi.mrk.json").write_text("{}")
    return tmp_path


def test_a_folder_gives_each_box_its_ct(folder):
    table = CohortTable.open(folder / "cohort.csv")
    assert table.add_folder(folder) == 3
    images = {case.case_id: case.image.name for case in table.cases}
    assert images == {"first": "first.nrrd", "box": "ct.nii.gz", "roi": "series"}
    assert table.add_folder(folder) == 0


def test_numbered_cases_come_in_their_order(tmp_path):
    for number in (10, 9, 1):
        for suffix in (".nrrd", ".mrk.json"):
            (tmp_path / f"case-{number}{suffix}").write_text("x")
    table = CohortTable(tmp_path / "cohort.csv")
    table.add_folder(tmp_path)
    assert [case.case_id for case in table.cases] == ["case-1", "case-9", "case-10"]


def test_a_folder_without_cases_is_reported(tmp_path):
    with pytest.raises(InputError, match="no case found"):
        CohortTable(tmp_path / "cohort.csv").add_folder(tmp_path)


def test_a_table_comes_back_with_labels_states_and_other_columns(folder):
    table = CohortTable.open(folder / "cohort.csv")
    table.add_folder(folder)
    table.cases[0].extra["age"] = "63"
    table.edit(0, "label", "differentiated")
    table.edit(0, "patient_id", "P1")
    table.cases[0].state = "exported"
    table.save()
    again = CohortTable.open(folder / "cohort.csv")
    assert [vars(case) | {"extra": {}} for case in again.cases] == [
        vars(case) | {"extra": {}} for case in table.cases
    ]
    assert again.cases[0].extra == {"age": "63"}
    assert again.cases[1].extra == {"age": ""}
    assert "a/first.nrrd" in (folder / "cohort.csv").read_text()


def test_what_the_table_saves_the_export_reads(folder):
    table = CohortTable.open(folder / "cohort.csv")
    table.add_folder(folder)
    for row, label in enumerate(("differentiated", "undifferentiated", "differentiated")):
        table.edit(row, "label", label)
    table.save()
    assert [row.label for row in read_cohort(folder / "cohort.csv")] == [1, 0, 1]


def test_a_case_shows_what_it_lacks(folder):
    table = CohortTable.open(folder / "cohort.csv")
    table.add_folder(folder)
    assert table.cases[0].status() == "no label"
    with pytest.raises(InputError, match="3 of 3 cases are not ready"):
        table.require_complete()
    table.edit(0, "label", "differentiated")
    assert table.cases[0].status() == "ready"
    table.cases[0].roi.unlink()
    assert table.cases[0].status() == "box missing"


def test_editing_keeps_names_apart_and_labels_known(folder):
    table = CohortTable.open(folder / "cohort.csv")
    table.add_folder(folder)
    with pytest.raises(InputError, match="name of its own"):
        table.edit(1, "case_id", table.cases[0].case_id)
    with pytest.raises(InputError, match="unknown label"):
        table.edit(1, "label", "diffuse")


def test_a_label_changed_after_the_export_makes_the_case_new(folder):
    table = CohortTable.open(folder / "cohort.csv")
    table.add_folder(folder)
    table.edit(0, "label", "differentiated")
    table.cases[0].state = "exported"
    table.edit(0, "label", "differentiated")
    assert table.cases[0].state == "exported"
    table.edit(0, "label", "undifferentiated")
    assert table.cases[0].status() == "ready"


def test_a_case_of_a_taken_name_gets_a_free_one(tmp_path):
    table = CohortTable(tmp_path / "cohort.csv")
    for number in range(2):
        assert table.add(CohortCase("case-002", tmp_path / f"{number}", tmp_path / "roi"))
    assert len({case.case_id for case in table.cases}) == 2


def test_skipped_cases_bear_their_fault(tmp_path):
    cases = [CohortCase(f"c{n}", tmp_path / f"{n}", tmp_path / f"{n}r") for n in range(3)]
    table = CohortTable(tmp_path / "cohort.csv", cases)
    rows = mark(table, {"cases": "2 exported", "skipped_1": "row 3, case 'c1': the ROI is outside"})
    assert rows == [1]
    assert [case.state for case in cases] == ["exported", "skipped: the ROI is outside", "exported"]


def test_a_file_that_is_no_cohort_is_reported(tmp_path):
    (tmp_path / "cohort.csv").write_text("a;b\n1;2\n")
    with pytest.raises(InputError, match="column case_id, image, roi, label missing"):
        CohortTable.open(tmp_path / "cohort.csv")
