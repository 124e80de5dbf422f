"""Class activation maps: what each place adds to the difference of the logits."""

import pytest
import torch

from GastricDiffLib.nets import SYSTEMS, build_system


def difference(logits):
    return logits[:, 1] - logits[:, 0]


def randomised(name):
    """A small system in evaluation mode whose biases, zero at first, are not."""
    torch.manual_seed(0)
    net = build_system(name, width=0.125).eval()
    with torch.no_grad():
        for key, value in net.named_parameters():
            if key.endswith("bias"):
                value.normal_(std=0.1)
    return net


@pytest.mark.parametrize("name", sorted(set(SYSTEMS) - {"vgg19"}))
def test_the_map_averages_to_the_difference_of_the_logits(name):
    net = randomised(name)
    outputs = net.outputs(torch.rand(3, 1, 96, 96))
    averaged = net.class_activation_map(outputs.features).mean(dim=(1, 2)) + difference(
        net.fc.bias[None]
    )
    torch.testing.assert_close(averaged, difference(outputs.logits))


@pytest.mark.parametrize("name", ["vgg19", "sajja", "r50-imp-dpn"])
def test_strengthening_a_place_moves_the_logits_by_its_value(name):
    net = randomised(name).double()
    with torch.no_grad():
        features = net.outputs(torch.rand(2, 1, 96, 96).double()).features
        cam = net.class_activation_map(features)
        step = 1e-6
        for y, x in ((0, 0), (1, 2)):
            stronger = features.clone()
            stronger[:, :, y, x] *= 1 + step
            moved = difference(net.logits(stronger)) - difference(net.logits(features))
            expected = cam[:, y, x] / (cam.shape[1] * cam.shape[2])
            torch.testing.assert_close(moved / step, expected, atol=1e-7, rtol=1e-4)
            assert (expected.abs() > 1e-5).any()


@pytest.mark.parametrize("name", ["vgg19", "han"])
def test_the_map_is_there_inside_inference_mode_and_leaves_no_gradients(name):
    net = randomised(name)
    images = torch.rand(2, 1, 64, 64)
    with torch.inference_mode():
        inside = net.class_activation_map(net.outputs(images).features)
    outside = net.class_activation_map(net.outputs(images).features)
    torch.testing.assert_close(inside, outside.detach())
    assert all(weight.grad is None for weight in net.parameters())
