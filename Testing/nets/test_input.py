"""What a network is given for a slice, and the way back."""

import numpy as np
import pytest
import torch

from GastricDiffLib.nets.crop import Crop
from GastricDiffLib.nets.input import InputSpec


def test_the_window_is_scaled_to_0_and_1_and_clipped():
    bands = torch.tensor([-3000, -1024, -262, 500, 3000], dtype=torch.int16)
    hu = bands.repeat_interleave(16).repeat(80, 1)[None]
    scaled = InputSpec(size=80).scaled(hu, Crop.whole(80, 80))
    assert scaled.shape == (1, 1, 80, 80)
    torch.testing.assert_close(scaled[0, 0, 40, 8::16], torch.tensor([0, 0, 0.5, 1, 1]))


def test_a_slice_that_is_not_square_is_padded_with_air_not_stretched():
    hu = torch.full((1, 64, 32), 500, dtype=torch.int16)
    scaled = InputSpec(size=64).scaled(hu, Crop.whole(64, 32))[0, 0]
    assert torch.equal(scaled[:, 16:48], torch.ones(64, 32))
    assert torch.equal(scaled[:, :16], torch.zeros(64, 16))
    assert torch.equal(scaled[:, 48:], torch.zeros(64, 16))


def test_a_cropped_field_lies_around_all_of_the_boxs_cuts():
    crop = Crop.around([(10, 20, 30, 34), (12, 16, 26, 36)], 2.0)
    assert crop == Crop(top=0, left=6, side=40)
    assert InputSpec(crop=2.0).crop_of(np.array([[10, 20, 30, 34]]), 99, 99).side == 40
    assert InputSpec().crop_of(np.array([[10, 20, 30, 34]]), 90, 99) == Crop.whole(90, 99)


def test_a_field_that_reaches_beyond_the_slice_shows_air_there():
    seen = Crop(top=-2, left=3, side=6).cut(torch.ones(1, 5, 5))
    assert seen.shape == (1, 6, 6)
    assert torch.equal(seen[0, 2:, :2], torch.ones(4, 2))
    assert seen.sum() == 8


@pytest.mark.parametrize("shape", [(60, 40), (40, 60), (51, 51)])
@pytest.mark.parametrize("crop", [0, 3])
def test_a_map_comes_back_to_the_place_that_it_was_seen_at(shape, crop):
    height, width = shape
    hu = np.full((1, height, width), -1024, dtype=np.int16)
    hu[0, 20:24, 10:14] = 500
    spec = InputSpec(size=224, crop=crop)
    crop = spec.crop_of(np.array([[18, 5, 26, 15]]), height, width)
    seen = spec.scaled(torch.from_numpy(hu), crop)[:, 0]
    back = crop.back(seen, height, width)[0]
    assert back.shape == shape
    y, x = np.unravel_index(int(back.argmax()), shape)
    assert 20 <= y < 24
    assert 10 <= x < 14
    assert (back > 0.5).sum() == 16


def test_a_spec_survives_json_and_a_wrong_one_is_refused():
    spec = InputSpec(128, (-160.0, 240.0), 0.4, 0.2, "all", 2.0)
    assert InputSpec.from_json(spec.to_json()) == spec
    for wrong in ({"size": 8}, {"window": [5, 5]}, {"std": 0}, {"scope": "some"}, {"crop": -1}):
        with pytest.raises(ValueError, match="does not describe"):
            InputSpec.from_json(spec.to_json() | wrong)
