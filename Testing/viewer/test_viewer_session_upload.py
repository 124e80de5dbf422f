"""An upload on its way into a session's case: opened, refused, or its reader killed."""

from __future__ import annotations

import json
import os
import signal
import sys
import time

import pytest
from made_results import made_box, made_grid, made_hu

from GastricDiffLib.app.open_case import OpenCase
from GastricDiffLib.ct.io.markups import write_roi
from GastricDiffLib.ct.io.writing import write_nrrd
from GastricDiffLib.errors import InputError
from GastricDiffLib.scene import new_scene
from GastricDiffLib.viewer.session.upload import SessionUpload
from GastricDiffLib.viewer.uploads import write_upload


class NoViews:
    """A session without a page: nobody looks."""

    def show(self, volume_node) -> None:
        """Nothing to show it in."""

    def look_at(self, ras_mm) -> None:
        """Nothing to turn."""


@pytest.fixture
def logs(monkeypatch, tmp_path):
    monkeypatch.setattr("GastricDiffLib.log.log_file", lambda: tmp_path / "home" / "log.txt")
    return tmp_path / "home" / "jobs"


@pytest.fixture
def opening(tmp_path):
    opening = SessionUpload(tmp_path)
    yield opening
    opening.abandon()


@pytest.fixture
def upload(tmp_path):
    """A CT and a box as a browser has sent them."""
    folder = tmp_path / "upload"
    folder.mkdir()
    write_nrrd(tmp_path / "ct.nrrd", made_hu(), made_grid())
    write_roi(tmp_path / "roi.mrk.json", [made_box(made_grid())])
    for number, name in enumerate(("ct.nrrd", "roi.mrk.json"), start=1):
        (tmp_path / name).rename(folder / f"{number:04}")
    write_upload(folder, ["ct.nrrd", "roi.mrk.json"])
    return folder


def opened(opening):
    limit = time.monotonic() + 600
    while time.monotonic() < limit:
        if (result := opening.poll()) is not None:
            return result
        time.sleep(0.02)
    raise AssertionError("the upload was not opened")


def test_an_upload_becomes_the_case_and_its_files_are_gone(opening, upload, tmp_path, logs):
    case = OpenCase(new_scene(), NoViews())
    opening.start(upload)
    assert opening.running
    with pytest.raises(InputError, match="other files are being opened"):
        opening.start(upload)
    opened(opening).into(case)
    assert case.facts().problem == ""
    assert case.ct.GetName() == "CT"
    assert not upload.exists()
    assert not (tmp_path / "opening").exists()
    assert not logs.exists()


def test_a_refused_upload_is_one_line_and_leaves_nothing(opening, tmp_path, logs):
    folder = tmp_path / "upload"
    folder.mkdir()
    (folder / "0001").write_text("no CT")
    write_upload(folder, ["notes.txt"])
    opening.start(folder)
    with pytest.raises(InputError) as refused:
        opened(opening)
    assert "\n" not in str(refused.value)
    assert not folder.exists()
    assert not (tmp_path / "opening").exists()
    assert not logs.exists()
    assert not opening.running


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that ends a process")
def test_of_a_killed_reader_the_log_is_kept_and_the_upload_is_not(opening, upload, tmp_path, logs):
    opening.start(upload)
    record = json.loads((tmp_path / "opening" / "job" / "job.json").read_text(encoding="utf-8"))
    os.kill(record["pid"], signal.SIGKILL)
    with pytest.raises(InputError, match="ran out of memory or broke off"):
        opened(opening)
    (log,) = logs.iterdir()
    assert log.read_text(encoding="utf-8").startswith("gastricdiff receive ended with code -9")
    assert not upload.exists()
    assert not (tmp_path / "opening").exists()
