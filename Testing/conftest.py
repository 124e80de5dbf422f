"""What several test files share; README.md beside this file explains how."""

from __future__ import annotations

import locale
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

SIDE_BY_SIDE = "PYTEST_XDIST_WORKER" in os.environ
if SIDE_BY_SIDE:
    # Before torch comes in, and for all that tests start: threads that outnumber the cores
    # slow every test down.
    for library in ("OMP_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"):
        os.environ.setdefault(library, "1")


LOCALE = locale.setlocale(locale.LC_ALL)


@pytest.fixture(autouse=True)
def own_locale() -> None:
    """Each test begins with the process's own locale.

    ITK leaves it at "C", where text is ASCII, after a test or its fixtures wrote DICOM.
    """
    locale.setlocale(locale.LC_ALL, LOCALE)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """For ``pytest -n N``; another ``--dist`` is left to pytest-xdist."""
    if config.getvalue("dist") != "load":
        return None
    from side_by_side import GroupScheduling

    return GroupScheduling(config, log)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory) -> Callable[[str, Callable[[Path], Path]], Path]:
    """``made_once(name, make)``: the path that ``make(folder)`` returns, for all workers.

    One worker of pytest-xdist calls ``make`` with a folder that is not there yet, the others
    wait. Nobody may change what it made.
    """
    own = tmp_path_factory.getbasetemp()
    root = own.parent if SIDE_BY_SIDE else own

    def path(name: str, make: Callable[[Path], Path]) -> Path:
        where = root / f"{name}.path"
        with FileLock(root / f"{name}.lock"):
            if not where.is_file():
                shutil.rmtree(root / name, ignore_errors=True)  # of a worker that failed
                where.write_text(str(make(root / name)), encoding="utf-8")
        return Path(where.read_text(encoding="utf-8"))

    return path


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real CT, from GASTRICDIFF_SHARED_DATA or beside the checkout."""
    named = os.environ.get("GASTRICDIFF_SHARED_DATA")
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(named) if named else beside
    if not (folder / "abdomen-dicom").is_dir():
        pytest.skip(f"no real CT in {folder}: set GASTRICDIFF_SHARED_DATA")
    return folder


@pytest.fixture(scope="session")
def phantom_cohort(made_once) -> Path:
    """``cohort.csv`` of 20 easy phantoms."""
    from GastricDiffLib.phantom import write_cohort

    return made_once("phantoms", lambda folder: write_cohort(folder, 20, seed=11, difficulty=0))


@pytest.fixture(scope="session")
def phantom_dataset(phantom_cohort, made_once) -> Path:
    """The exported dataset of ``phantom_cohort``."""
    from GastricDiffLib.cohort.export import export_cohort

    return made_once("dataset", lambda folder: export_cohort(phantom_cohort, folder / "phantoms"))


@pytest.fixture(scope="session")
def small_run(phantom_dataset, made_once) -> Path:
    """The folder of a short run of the paper's system, small and at 64 px."""
    from GastricDiffLib.cohort.dataset import Dataset
    from GastricDiffLib.train.config import TrainConfig
    from GastricDiffLib.train.loop import Trainer

    def run(folder: Path) -> Path:
        config = TrainConfig(width=0.125, size=64, crop=0.0, epochs=2, batch_size=32)
        Trainer(Dataset.open(phantom_dataset), config, folder, "cpu").run()
        return folder

    return made_once("small-run", run)


@pytest.fixture(scope="module")
def browser():
    """Chromium, for the pages of the viewer."""
    from viewer_page import chromium

    with chromium() as browser:
        yield browser


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes by their argument's name: they mean nothing to a reader, and gzip puts the time in."""
    return argname if isinstance(val, bytes) else None
