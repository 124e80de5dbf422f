"""What must not grow with the size of a cohort."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import torch
from benchmarks.speed.cohorts import dataset_of

from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.cohort.pseudonyms import fingerprint
from GastricDiffLib.inference.slices import CaseSlices, JoinedSlices
from GastricDiffLib.nets.input import InputSpec
from GastricDiffLib.train.batches import training_samples
from GastricDiffLib.train.cache import ImageCache, SliceCache

CPU = torch.device("cpu")
_heard: list[tuple[str, str]] | None = None


def _hear(event, details):
    if _heard is not None and event in ("open", "os.listdir", "os.scandir"):
        _heard.append((event, str(details[0])))


@pytest.fixture(scope="module")
def hearing():
    """A function that gives all openings and listings below a folder while another runs."""
    sys.addaudithook(_hear)  # it stays: there is no way to take one away

    def listen(folder, work):
        global _heard
        _heard = []
        try:
            work()
            return [(event, name) for event, name in _heard if str(folder) in name]
        finally:
            _heard = None

    return listen


@pytest.fixture(scope="module")
def datasets(tmp_path_factory):
    """The same kind of case six and nine times."""
    work = tmp_path_factory.mktemp("sizes")
    return [dataset_of(work, count, (8, 32, 32)) for count in (6, 9)]


def test_opening_a_dataset_opens_its_index_alone(datasets, hearing):
    for dataset in datasets:
        heard = hearing(dataset.root, lambda root=dataset.root: Dataset.open(root))
        assert heard == [("open", str(dataset.root / "dataset.json"))]


def test_filling_the_cache_opens_no_more_files_a_case_in_a_larger_cohort(
    datasets, hearing, tmp_path
):
    counts = []
    for dataset in datasets:
        samples = training_samples(dataset.cases, "roi", 0)
        work = tmp_path / dataset.root.name
        heard = hearing(
            dataset.root, lambda s=samples, w=work: SliceCache(s, InputSpec(32, crop=1.5), w)
        )
        assert {event for event, _ in heard} == {"open"}
        counts.append(len(heard) / len(dataset.cases))
    # Three files a case, in a few steps each; where a batch of slices ends is chance.
    assert 0 < counts[1] <= counts[0] + 3


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux lists the mappings")
def test_what_was_read_is_not_kept_open_or_mapped(datasets, tmp_path):
    cases, spec = datasets[0].cases, InputSpec(32, crop=1.5)
    samples = training_samples(cases, "roi", 0)
    before = len(list(Path("/proc/self/fd").iterdir()))
    cache = SliceCache(samples, spec, tmp_path / "cache")
    slices = JoinedSlices([CaseSlices(case, spec) for case in cases])
    judging = ImageCache(slices, spec.size, tmp_path / "cache" / "judging.raw")
    kept = [cache.batch(np.arange(len(samples)), CPU)]
    starts = range(0, len(judging) - 4, 4)
    kept += [judging.images(slice(k, k + 4), CPU) for _ in range(2) for k in starts]
    mapped = Path("/proc/self/maps").read_text()
    assert str(tmp_path) not in mapped and str(datasets[0].root) not in mapped
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert len(kept) > 1


def detached(folder, name, value):
    image = sitk.GetImageFromArray(np.full((4, 5, 6), value, np.int16))
    sitk.WriteImage(image, str(folder / name))
    return folder / name


@pytest.mark.parametrize("suffix", ["mhd", "nhdr"])
def test_voxels_beside_their_header_belong_to_a_case_and_no_others_are_looked_at(
    suffix, hearing, tmp_path
):
    first = detached(tmp_path, f"a.{suffix}", 1)
    detached(tmp_path, f"b.{suffix}", 2)
    mark = fingerprint(b"key", "settings", first)
    heard = hearing(tmp_path, lambda: fingerprint(b"key", "settings", first))
    assert {event for event, _ in heard} == {"open"}
    assert {Path(name).stem for _, name in heard} == {"a"}
    moved = tmp_path / "moved"
    moved.mkdir()
    for path in tmp_path.glob("a.*"):
        shutil.copy(path, moved)
    assert fingerprint(b"key", "settings", moved / first.name) == mark
    (voxels,) = (path for path in tmp_path.glob("a.*") if path != first)
    voxels.write_bytes(voxels.read_bytes()[:-1] + b"\7")
    assert fingerprint(b"key", "settings", first) != mark
