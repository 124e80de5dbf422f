"""The resized slices that epochs read."""

import numpy as np
import pytest
import torch

from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.errors import InputError
from GastricDiffLib.nets.input import InputSpec
from GastricDiffLib.train.batches import read_batch, training_samples
from GastricDiffLib.train.cache import SliceCache


@pytest.fixture
def samples(phantom_dataset):
    cases = Dataset.open(phantom_dataset).split("train")
    # One class is rarer: copies stand among the samples.
    return training_samples(cases[:5], "roi", seed=0)


def test_a_batch_of_the_cache_is_that_of_the_dataset(samples, tmp_path):
    spec = InputSpec(48, (-100.0, 200.0), crop=2.0)
    cache = SliceCache(samples, spec, tmp_path / "cache")
    chosen = [samples[index] for index in np.random.default_rng(0).permutation(len(samples))[:40]]
    cached, read = cache.batch(chosen), read_batch(chosen, spec)
    torch.testing.assert_close(cached.images, read.images, atol=1 / 65535, rtol=0)
    torch.testing.assert_close(cached.roi, read.roi, atol=1 / 255, rtol=0)
    assert cached.labels.equal(read.labels) and cached.augment.equal(read.augment)
    assert cached.images.dtype is torch.float32


def test_a_slice_that_is_copied_is_kept_once(samples, tmp_path):
    unique = {(sample.case.pseudonym, sample.k) for sample in samples}
    assert len(unique) < len(samples)
    SliceCache(samples, InputSpec(32), tmp_path / "cache")
    assert len(np.load(tmp_path / "cache" / "images.npy", mmap_mode="r")) == len(unique)


def test_what_a_killed_run_left_is_made_anew_and_the_end_leaves_nothing(samples, tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / "images.npy").write_bytes(b"half")
    cache = SliceCache(samples, InputSpec(32), folder)
    assert cache.batch(samples[:2]).images.shape == (2, 1, 32, 32)
    cache.close()
    assert not folder.exists()


def test_a_place_that_cannot_be_written_is_told(samples, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot keep the training slices"):
        SliceCache(samples, InputSpec(32), tmp_path / "file" / "cache")
