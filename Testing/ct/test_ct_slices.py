"""The HU window and the batches of slices."""

from __future__ import annotations

import numpy as np
import pytest

from GastricDiffLib.ct import CTVolume, Window, iter_slices
from GastricDiffLib.errors import InputError


@pytest.fixture
def volume() -> CTVolume:
    hu = np.random.default_rng(5).integers(-3000, 3000, (7, 6, 5), dtype=np.int16)
    matrix = np.diag([1.0, 1.0, -1.0, 1.0])
    return CTVolume.from_array(hu, matrix)


@pytest.mark.parametrize("low,high", [(1, 1), (2, 1), (float("nan"), 1)])
def test_an_empty_window_is_refused(low, high):
    with pytest.raises(InputError, match="window is empty"):
        Window(low, high)


def test_batches_hold_the_asked_slices_in_their_order_clipped_and_contiguous(volume):
    asked = [6, 0, 3, 3, 1]
    batches = list(iter_slices(volume, asked, 2))
    assert [indices for indices, _ in batches] == [[6, 0], [3, 3], [1]]
    for indices, hu in batches:
        assert hu.dtype == np.int16 and hu.flags.c_contiguous
        assert not np.shares_memory(hu, volume.hu)
        np.testing.assert_array_equal(hu, volume.hu[indices].clip(-1024, 500))


def test_a_window_of_fractions_loses_nothing_inside_it(volume):
    window = Window(-160.5, 240.5)
    hu = np.concatenate([batch for _, batch in iter_slices(volume, range(7), 3, window)])
    ours, all_hu = (np.clip(x.astype(float), window.low, window.high) for x in (hu, volume.hu))
    np.testing.assert_array_equal(ours, all_hu)


def test_a_slice_that_is_not_there_is_an_index_error(volume):
    with pytest.raises(IndexError):
        next(iter_slices(volume, [7], 1))
    assert list(iter_slices(volume, [], 1)) == []
