"""Packed convolutions: the same numbers as plain PyTorch, which stands in where they fail."""

import copy

import pytest
import torch
from torch import nn

from GastricDiffLib.nets import SYSTEMS, build_system
from GastricDiffLib.nets.device import autocast, channels_last
from GastricDiffLib.nets.fold import fold_batch_norms
from GastricDiffLib.nets.packed import PackedBottleneck, PackedConv, pack_convolutions, works
from GastricDiffLib.nets.rounding import rounded

CPU = torch.device("cpu")


def plain_and_packed(name):
    torch.manual_seed(0)
    net = build_system(name, width=0.125)
    net(torch.rand(8, 1, 64, 64))  # statistics worth folding
    net = channels_last(fold_batch_norms(net.eval()))
    return net, pack_convolutions(copy.deepcopy(net))


def outputs(net, images, dtype):
    with torch.inference_mode(), autocast(CPU, dtype):
        return net.outputs(channels_last(images))


def apart(found, expected):
    """The largest relative distance (L2) of the outputs."""
    pairs = zip(found, expected, strict=True)
    return max(float((a.float() - b.float()).norm() / b.float().norm()) for a, b in pairs)


@pytest.mark.parametrize("name", SYSTEMS)
def test_packing_changes_no_output(name):
    net, packed = plain_and_packed(name)
    assert not any(isinstance(part, nn.Conv2d) for part in packed.modules())
    images = torch.rand(3, 1, 64, 64)
    exact = outputs(net, images, None)
    assert apart(outputs(packed, images, None), exact) < 1e-5
    coarse = outputs(packed, images, torch.bfloat16)
    # Weights that share their errors out are each a little further off than autocast's.
    assert apart(coarse, exact) < 2.5 * apart(outputs(net, images, torch.bfloat16), exact) + 1e-3


def test_with_onednn_the_fused_operations_are_in_use():
    if not torch.backends.mkldnn.is_available():
        pytest.skip("PyTorch without oneDNN")
    assert works(torch.float32)


@pytest.mark.parametrize("fault", ["missing", "wrong"])
def test_without_the_fused_operations_plain_ones_do_the_work(fault, monkeypatch):
    net, packed = plain_and_packed("r50-imp-dpn-tad")
    images = torch.rand(2, 1, 64, 64)
    calls = []

    def replaced(self, x, shortcut=None):
        calls.append(x.dtype)
        if fault == "missing":
            raise AttributeError("_convolution_pointwise")
        return self.plain(x, shortcut) * 1.1

    monkeypatch.setattr(PackedConv, "fast", replaced)
    works.cache_clear()
    try:
        found = outputs(packed, images, None)
    finally:
        works.cache_clear()
    assert len(calls) <= 2  # the trial alone
    torch.testing.assert_close(found, outputs(net, images, None))


def test_a_ragged_last_batch_and_changed_weights_are_packed_anew():
    net, packed = plain_and_packed("resnext50")
    for count in (4, 3, 4):
        images = torch.rand(count, 1, 64, 64)
        assert apart(outputs(packed, images, None), outputs(net, images, None)) < 1e-5
    with torch.no_grad():
        for each in (net, packed):
            each.layer2[1].conv2.weight.mul_(3)
    assert apart(outputs(packed, images, None), outputs(net, images, None)) < 1e-5


def test_rounded_filters_keep_their_sums():
    torch.manual_seed(0)
    for shape in ((64, 1, 7, 7), (32, 4, 3, 3), (64, 256, 1, 1)):
        weight = torch.randn(shape)
        found = rounded(weight, torch.bfloat16)
        assert found.dtype == torch.bfloat16 and found.shape == weight.shape
        nearest = weight.bfloat16().float()
        shift = (found.float() - weight).sum(dim=(1, 2, 3)).abs().mean()
        assert shift < 0.5 * (nearest - weight).sum(dim=(1, 2, 3)).abs().mean()
        largest = weight.abs().amax(dim=(1, 2, 3), keepdim=True)
        assert ((found.float() - weight).abs() <= 2**-7 * largest).all()


def test_the_stages_that_heat_and_teaching_read_are_not_overwritten():
    net, packed = plain_and_packed("resnext50")
    images = torch.rand(2, 1, 64, 64)
    with torch.inference_mode():
        expected, found = net.stages(images), packed.stages(channels_last(images))
    assert apart(found, expected) < 1e-5
    assert isinstance(packed.layer1[1], PackedBottleneck)


def test_packing_twice_and_copying_are_harmless():
    net, packed = plain_and_packed("r50-tad")
    images = torch.rand(2, 1, 64, 64)
    expected = outputs(net, images, None)
    outputs(packed, images, None)
    again = pack_convolutions(copy.deepcopy(packed))
    assert apart(outputs(again, images, None), expected) < 1e-5


def test_gradients_pass_through_a_packed_network_by_the_plain_way():
    _, packed = plain_and_packed("resnext50")
    images = torch.rand(2, 1, 64, 64)
    packed(images).sum().backward()
    assert packed.conv1.weight.grad.abs().sum() > 0


def test_the_trial_leaves_the_callers_random_numbers_alone():
    works.cache_clear()
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    works(torch.float32)
    torch.testing.assert_close(torch.rand(4), expected)
