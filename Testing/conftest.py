"""What several test files share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


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
def phantom_cohort(tmp_path_factory) -> Path:
    """``cohort.csv`` of 20 easy phantoms."""
    from GastricDiffLib.ct.phantom import write_cohort

    return write_cohort(tmp_path_factory.mktemp("phantoms") / "cohort", 20, seed=11, difficulty=0)


@pytest.fixture(scope="session")
def phantom_dataset(phantom_cohort, tmp_path_factory) -> Path:
    """The exported dataset of ``phantom_cohort``."""
    from GastricDiffLib.cohort.export import export_cohort

    return export_cohort(phantom_cohort, tmp_path_factory.mktemp("dataset") / "phantoms")


@pytest.fixture(scope="session")
def small_run(phantom_dataset, tmp_path_factory) -> Path:
    """The folder of a short run of the paper's system, small and at 64 px."""
    from GastricDiffLib.cohort.dataset import Dataset
    from GastricDiffLib.train.config import TrainConfig
    from GastricDiffLib.train.loop import Trainer

    out = tmp_path_factory.mktemp("runs") / "small"
    config = TrainConfig(width=0.125, size=64, crop=0.0, epochs=2, batch_size=32)
    Trainer(Dataset.open(phantom_dataset), config, out, "cpu").run()
    return out
