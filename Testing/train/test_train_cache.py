"""The resized slices that epochs read, to train on and to judge by."""

import errno

import numpy as np
import pytest
import torch

from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.errors import InputError
from GastricDiffLib.inference.predictor import Predictor
from GastricDiffLib.inference.slices import CaseSlices, JoinedSlices
from GastricDiffLib.nets import build_system
from GastricDiffLib.nets.input import InputSpec
from GastricDiffLib.train.batches import read_batch, training_samples
from GastricDiffLib.train.cache import ImageCache, SliceCache
from GastricDiffLib.train.rows import RowFile
from GastricDiffLib.train.validation import logits_by_case

CPU = torch.device("cpu")


@pytest.fixture
def samples(phantom_dataset):
    cases = Dataset.open(phantom_dataset).split("train")
    # One class is rarer: copies stand among the samples.
    return training_samples(cases[:5], "roi", seed=0)


def test_a_batch_of_the_cache_is_that_of_the_dataset(samples, tmp_path):
    spec = InputSpec(48, (-100.0, 200.0), crop=2.0)
    cache = SliceCache(samples, spec, tmp_path / "cache")
    chosen = np.random.default_rng(0).permutation(len(samples))[:40]
    cached, read = cache.batch(chosen, CPU), read_batch([samples[n] for n in chosen], spec)
    torch.testing.assert_close(cached.images, read.images, atol=1 / 65535, rtol=0)
    torch.testing.assert_close(cached.roi, read.roi, atol=1 / 255, rtol=0)
    assert cached.labels.equal(read.labels) and cached.augment.equal(read.augment)
    assert cached.images.dtype is torch.float32
    assert 0 <= cached.images.min() < cached.images.max() <= 1


def test_slices_read_together_are_as_those_read_alone(samples):
    spec = InputSpec(48, crop=1.5)
    together = read_batch(samples[:20], spec)
    for row, sample in enumerate(samples[:20]):
        alone = read_batch([sample], spec)
        assert alone.images[0].equal(together.images[row])
        assert alone.roi[0].equal(together.roi[row])


def test_a_slice_that_is_copied_is_kept_once(samples, tmp_path):
    unique = {(sample.case.pseudonym, sample.k) for sample in samples}
    assert len(unique) < len(samples)
    SliceCache(samples, InputSpec(32), tmp_path / "cache")
    size = (tmp_path / "cache" / "images.raw").stat().st_size
    assert size == len(unique) * 32 * 32 * 2


def test_what_a_killed_run_left_is_made_anew_and_the_end_leaves_nothing(samples, tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / "images.raw").write_bytes(b"half")
    cache = SliceCache(samples, InputSpec(32), folder)
    assert cache.batch(np.arange(2), CPU).images.shape == (2, 1, 32, 32)
    cache.close()
    assert not folder.exists()


def test_a_place_that_cannot_be_written_is_an_error(samples, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot keep the resized slices"):
        SliceCache(samples, InputSpec(32), tmp_path / "file" / "cache")


def test_a_full_disk_is_an_error_and_nothing_stays(samples, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(RowFile, "write", full)
    with pytest.raises(InputError, match="free some space"):
        SliceCache(samples, InputSpec(32), tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_images_kept_for_validation_are_those_of_the_dataset_each_time(phantom_dataset, tmp_path):
    cases, spec = Dataset.open(phantom_dataset).split("val"), InputSpec(48, crop=1.5)
    slices = JoinedSlices([CaseSlices(case, spec) for case in cases])
    kept = ImageCache(slices, spec.size, tmp_path / "kept.raw")
    read = torch.cat([one.images(slice(0, len(one)), CPU) for one in slices.parts])
    assert len(kept) == len(read) > 30
    # A second time with smaller steps in the middle of the first, as where memory is short.
    for steps in ((7, 30), (7,), (100,), (3,)):
        assert torch.cat(list(in_steps(kept, *steps))).equal(read)
    assert (tmp_path / "kept.raw").stat().st_size == read.numel() * 4


def in_steps(slices, step, until=0):
    """Its images by parts of ``step``; those before ``until`` twice."""
    for start in range(0, until, step):
        slices.images(slice(start, start + step), CPU)
    for start in range(0, len(slices), step):
        yield slices.images(slice(start, min(start + step, len(slices))), CPU)


def test_slices_that_were_never_read_in_order_are_right_though_not_kept(phantom_dataset, tmp_path):
    cases, spec = Dataset.open(phantom_dataset).split("val"), InputSpec(48, crop=1.5)
    slices = JoinedSlices([CaseSlices(case, spec) for case in cases])
    kept = ImageCache(slices, spec.size, tmp_path / "kept.raw")
    late = slice(20, 25)
    assert kept.images(late, CPU).equal(slices.images(late, CPU))
    assert not (tmp_path / "kept.raw").exists()


def test_a_full_disk_in_validation_is_an_error(phantom_dataset, tmp_path):
    cases, spec = Dataset.open(phantom_dataset).split("val"), InputSpec(48)
    (tmp_path / "file").write_text("in the way")
    kept = ImageCache(CaseSlices(cases[0], spec), spec.size, tmp_path / "file" / "kept.raw")
    with pytest.raises(InputError, match="cannot keep the resized slices"):
        kept.images(slice(0, 2), CPU)


@pytest.mark.parametrize(("dtype", "rounding"), [(torch.bfloat16, 1e-2), (None, 1e-5)])
def test_batches_over_several_cases_change_no_slice(phantom_dataset, dtype, rounding):
    cases, spec = Dataset.open(phantom_dataset).split("val"), InputSpec(48, crop=1.5, std=0.3)
    parts = [CaseSlices(case, spec) for case in cases]
    sizes = [len(one) for one in parts]
    assert any(size % 11 for size in sizes)
    torch.manual_seed(0)
    net = build_system("r50-imp-dpn-tad", width=0.125).eval()
    predictor = Predictor(net, spec, CPU, dtype, prepared=False, batch=11)
    together = logits_by_case(predictor, cases, JoinedSlices(parts))
    assert [len(one) for one in together] == sizes
    predictor.batch = 100
    for part, found in zip(parts, together, strict=True):
        alone = predictor.predict(part).logits
        torch.testing.assert_close(found, alone, rtol=rounding, atol=rounding)
