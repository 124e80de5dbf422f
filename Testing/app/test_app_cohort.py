"""Cases between scene and cohort, and the export of a cohort by a process."""

from __future__ import annotations

import time

import numpy as np
import pytest
from desktop_scenes import case_scene

from GastricDiffLib import CLASSES
from GastricDiffLib.app.cohort import (
    ExportLogic,
    add_from_scene,
    is_dataset,
    open_in_scene,
    unfinished,
)
from GastricDiffLib.app.cohort_table import CohortTable
from GastricDiffLib.ct.io.markups import write_roi
from GastricDiffLib.ct.io.writing import write_nrrd
from GastricDiffLib.errors import InputError
from GastricDiffLib.jobs import JobState
from GastricDiffLib.phantom import make_case
from GastricDiffLib.scene import new_scene, roi_from_node, volume_from_node


@pytest.fixture
def table(tmp_path):
    """Seven labelled coarse phantoms."""
    hospital = tmp_path / "hospital"
    hospital.mkdir()
    for number in range(1, 8):
        case = make_case((number - 1) % 2, 700 + number, 0.0, coarsen=3.0)
        write_nrrd(hospital / f"case-{number}.nrrd", case.volume, case.grid)
        write_roi(hospital / f"case-{number}.mrk.json", [case.roi])
    table = CohortTable(tmp_path / "cohort.csv")
    table.add_folder(hospital)
    for row, case in enumerate(table.cases):
        case.label = CLASSES[row % 2]
    return table


def ended(logic):
    limit = time.monotonic() + 600
    while time.monotonic() < limit:
        if (outcome := logic.poll()) is not None:
            return outcome
        time.sleep(0.02)
    raise AssertionError("the export did not end")


def test_a_case_of_the_scene_is_copied_without_its_name_and_opens_again(tmp_path):
    _, ct, roi = case_scene()
    table = CohortTable(tmp_path / "cohort.csv")
    added = add_from_scene(table, ct, roi, CLASSES[1])
    assert [path.name for path in (tmp_path / "cases").iterdir() if "DOE" in path.name] == []
    again = CohortTable.open(tmp_path / "cohort.csv").cases
    assert [(case.case_id, case.label) for case in again] == [(added.case_id, CLASSES[1])]
    scene = new_scene()
    opened, box = open_in_scene(scene, again[0])
    assert np.array_equal(volume_from_node(opened).hu, volume_from_node(ct).hu)
    assert np.allclose(roi_from_node(box).corners_lps(), roi_from_node(roi).corners_lps())


def test_a_box_beside_the_ct_and_no_ct_at_all_are_refused(tmp_path):
    _, ct, roi = case_scene()
    table = CohortTable(tmp_path / "cohort.csv")
    with pytest.raises(InputError, match="no CT"):
        add_from_scene(table, None, roi, CLASSES[0])
    roi.SetCenter(500, 0, 0)
    with pytest.raises(InputError, match="outside the CT"):
        add_from_scene(table, ct, roi, CLASSES[0])
    assert not list(tmp_path.iterdir())


def test_an_export_is_cancelled_and_goes_on_and_marks_its_cases(table, tmp_path):
    broken = table.cases[4].image
    broken.write_bytes(broken.read_bytes()[:-1000])
    out = tmp_path / "dataset"
    export = ExportLogic()
    export.start(table, out)
    export.cancel()
    outcome = ended(export)
    assert outcome.state is JobState.CANCELLED
    assert "Continue goes on" in outcome.message
    assert not outcome.is_error
    assert not export.running
    export.start(table, out)
    outcome = ended(export)
    assert outcome.message.startswith("6 cases exported, 1 not. case-5: skipped")
    assert outcome.is_error
    assert is_dataset(out)
    assert not unfinished(out)
    states = [case.state for case in CohortTable.open(table.path).cases]
    assert states.count("exported") == 6
    assert states[4].startswith("skipped")


def test_an_export_that_cannot_begin_is_refused(table):
    export = ExportLogic()
    with pytest.raises(InputError, match="no folder"):
        export.start(table, "")
    table.cases[0].label = ""
    with pytest.raises(InputError, match="1 of 7 cases are not ready"):
        export.start(table, "out")
    assert not export.running


def test_a_failed_export_is_an_error_whose_log_stays(table, tmp_path):
    del table.cases[3:]
    export = ExportLogic()
    export.start(table, tmp_path / "dataset")
    outcome = ended(export)
    assert outcome.state is JobState.FAILED
    assert outcome.is_error
    assert "too few cases" in outcome.message
    assert outcome.log == tmp_path / "dataset.job" / "log.txt"
    assert outcome.log.is_file()
