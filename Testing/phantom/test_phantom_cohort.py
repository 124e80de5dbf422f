"""A synthetic cohort on disk: complete, repeatable, whole or not at all."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np
import pytest

from GastricDiffLib.ct import read_roi
from GastricDiffLib.ct.io.reading import read_volume
from GastricDiffLib.errors import Cancelled, InputError
from GastricDiffLib.phantom import make_case, plan_cohort, write_cohort


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_cohort(tmp_path_factory.mktemp("cohort") / "out", cases=3, seed=21, workers=1)


def rows(table: Path) -> list[dict[str, str]]:
    with open(table, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_the_table_names_each_case_and_its_files(written: Path) -> None:
    table = rows(written)
    assert list(table[0]) == ["case_id", "image", "roi", "label"]
    assert [row["case_id"] for row in table] == ["case-001", "case-002", "case-003"]
    assert {row["label"] for row in table} == {"undifferentiated", "differentiated"}
    for row in table:
        assert (written.parent / row["image"]).stat().st_size < 3_000_000
        assert (written.parent / row["roi"]).is_file()
    assert len(digests(written.parent)) == 7


def test_a_written_case_reads_back_as_the_same_anatomy(written: Path) -> None:
    for row, planned in zip(rows(written), plan_cohort(3, seed=21), strict=True):
        case = make_case(planned.label, planned.seed)
        volume = read_volume(written.parent / row["image"])
        (roi,) = read_roi(written.parent / row["roi"])
        assert np.allclose(volume.grid.ijk_to_lps, case.grid.ijk_to_lps, atol=1e-4)
        assert np.array_equal(volume.to_input_grid(volume.hu), case.volume)
        assert np.allclose(roi.corners_lps(), case.roi.corners_lps(), atol=1e-3)
        lps = volume.grid.to_lps(np.argwhere(case.lesion_mask)[:, ::-1])
        local = np.abs((lps - roi.center_lps) @ roi.axes_lps)
        assert np.all(local <= roi.size_mm / 2 + 1e-3)


def test_the_number_of_workers_changes_nothing(written: Path, tmp_path: Path) -> None:
    again = write_cohort(tmp_path / "again", cases=3, seed=21, workers=2)
    assert digests(again.parent) == digests(written.parent)


def test_progress_counts_to_the_number_of_cases(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    write_cohort(tmp_path / "out", 2, progress=lambda *step: seen.append(step), workers=1)
    assert [step[:2] for step in seen] == [(1, 2), (2, 2)]


def test_cancelling_leaves_nothing_behind(tmp_path: Path) -> None:
    def stop(done: int, cases: int, message: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        write_cohort(tmp_path / "out", 3, progress=stop, workers=1)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert write_cohort(tmp_path / "out", 2, workers=1).is_file()


def test_a_folder_with_something_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(InputError):
        write_cohort(tmp_path, 2)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_output_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError):
        write_cohort(tmp_path / "file" / "out", 2)


@pytest.mark.parametrize(
    "bad", [{"cases": 1}, {"cases": 2, "difficulty": 1.5}, {"cases": 2, "seed": -1}]
)
def test_impossible_wishes_are_refused(bad: dict, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        write_cohort(tmp_path / "out", **bad)
    assert list(tmp_path.iterdir()) == []
