"""AT-GEN against maps worked out by hand."""

import pytest
import torch

from GastricDiffLib.nets import attention_map


def test_the_map_of_known_activations_is_their_sum_of_squares_over_its_norm():
    features = torch.tensor([[[[1.0, 2.0]], [[-2.0, 0.0]]]])  # channels (1, 2) and (-2, 0)
    expected = torch.tensor([[[5.0, 4.0]]]) / 41**0.5
    torch.testing.assert_close(attention_map(features), expected)


def test_the_power_is_applied_to_magnitudes():
    features = torch.tensor([[[[-2.0, 1.0]]]])
    expected = torch.tensor([[[8.0, 1.0]]]) / 65**0.5
    torch.testing.assert_close(attention_map(features, power=3), expected)


def test_softmax_and_minmax_give_what_their_names_promise():
    features = torch.tensor([[[[1.0, 2.0, 3.0]]]])
    squares = torch.tensor([1.0, 4.0, 9.0])
    torch.testing.assert_close(
        attention_map(features, normalise="softmax")[0, 0], squares.softmax(0)
    )
    torch.testing.assert_close(attention_map(features, normalise="minmax")[0, 0], (squares - 1) / 8)


def test_a_map_of_nothing_stays_zero_and_finite():
    nothing = torch.zeros(2, 3, 4, 4)
    for normalise in ("l2", "minmax"):
        assert torch.equal(attention_map(nothing, normalise=normalise), torch.zeros(2, 4, 4))


def test_enlarging_is_bilinear_and_the_norm_is_one_at_the_new_size():
    features = torch.tensor([[[[0.0, 1.0]]]])
    enlarged = attention_map(features, size=(1, 4))[0, 0]
    expected = torch.tensor([0.0, 0.25, 0.75, 1.0])
    torch.testing.assert_close(enlarged, expected / expected.norm())


def test_squares_of_half_precision_activations_do_not_overflow():
    features = torch.full((1, 4, 2, 2), 60000.0, dtype=torch.float16)
    torch.testing.assert_close(attention_map(features), torch.full((1, 2, 2), 0.5))


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match=r"N×C×h×w.*\(3, 4, 4\)"):
        attention_map(torch.zeros(3, 4, 4))
    with pytest.raises(ValueError, match="'l1'"):
        attention_map(torch.zeros(1, 3, 4, 4), normalise="l1")
