"""Where attention falls, against the labelled area."""

import numpy as np
import pytest
import torch

from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.compare.overlap import intersection_over_union, overlap
from GastricDiffLib.inference.model_file import load_model


def square(top, left, side, size=16):
    mask = torch.zeros(1, size, size, dtype=torch.bool)
    mask[0, top : top + side, left : left + side] = True
    return mask


def test_attention_on_the_roi_overlaps_it_wholly_and_elsewhere_not_at_all():
    roi = square(2, 2, 4)
    assert intersection_over_union(roi.float() * 3, roi).item() == 1
    assert intersection_over_union((~roi).float(), roi).item() == 0


def test_half_of_the_area_in_the_roi_is_a_third_of_the_union():
    roi, seen = square(0, 0, 4), square(0, 2, 4)
    assert intersection_over_union(seen.float(), roi).item() == pytest.approx(8 / 24)


def test_only_as_many_pixels_as_the_roi_has_are_compared():
    roi = square(4, 4, 4)
    wide = square(0, 0, 16).float() + roi.float()
    assert intersection_over_union(wide, roi).item() == 1


def test_random_attention_gives_what_is_expected_by_chance():
    generator = torch.Generator().manual_seed(0)
    roi = square(4, 4, 8, 32).expand(400, -1, -1)
    found = intersection_over_union(torch.rand(400, 32, 32, generator=generator), roi)
    share = 64 / 1024
    assert found.mean().item() == pytest.approx(share / (2 - share), rel=0.05)


def test_an_empty_roi_has_no_overlap():
    assert torch.isnan(intersection_over_union(torch.rand(1, 8, 8), square(0, 0, 0, 8)))


def test_a_models_overlap_is_given_case_by_case(small_run, phantom_dataset):
    model = load_model(small_run / "model.safetensors")
    cases = Dataset.open(phantom_dataset).split("test")
    found = overlap(model, cases, "cpu")
    for column in found:
        assert column.shape == (len(cases),)
        assert np.all((column >= 0) & (column <= 1))
    assert np.all(found.chance < 0.1)
