"""VGG-19, GoogLeNet and ResNeXt-50 are torchvision's; `sajja` and `han` differ where documented."""

import pytest
import torch

from GastricDiffLib.nets import build_system


def shapes(name):
    """Parameter name → shape as for ImageNet, made without memory."""
    with torch.device("meta"):
        net = build_system(name, in_channels=3, num_classes=1000)
    return {key: tuple(value.shape) for key, value in net.named_parameters()}


@pytest.mark.parametrize(
    ("name", "published"),
    [("vgg19", 143_667_240), ("resnext50", 25_028_904), ("sajja", 6_624_904)],
)
def test_a_backbone_at_full_width_has_the_published_number_of_parameters(name, published):
    assert sum(torch.Size(shape).numel() for shape in shapes(name).values()) == published


def test_resnext50_keeps_torchvisions_parameter_names():
    names = shapes("resnext50")
    assert names["layer1.0.downsample.0.weight"] == (256, 64, 1, 1)
    assert names["layer4.2.conv2.weight"] == (1024, 32, 3, 3)
    assert names["fc.weight"] == (1000, 2048)
    assert {name.split(".")[0] for name in names} == {
        "conv1", "bn1", "layer1", "layer2", "layer3", "layer4", "fc"
    }  # fmt: skip


def test_vgg19_keeps_torchvisions_parameter_names():
    names = shapes("vgg19")
    weights = {name: shape for name, shape in names.items() if name.endswith("weight")}
    convolutions = [int(n.split(".")[1]) for n in weights if n.startswith("features.")]
    assert convolutions == [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34]
    assert names["features.0.weight"] == (64, 3, 3, 3)
    assert names["features.34.weight"] == (512, 512, 3, 3)
    assert names["classifier.0.weight"] == (4096, 25088)
    assert names["classifier.3.weight"] == (4096, 4096)
    assert names["classifier.6.weight"] == (1000, 4096)
    assert set(names) == set(weights) | {n.replace("weight", "bias") for n in weights}


def test_googlenet_keeps_torchvisions_parameter_names():
    names = shapes("sajja")
    blocks = ["3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"]
    branches = ["branch1", "branch2.0", "branch2.1", "branch3.0", "branch3.1", "branch4.1"]
    units = ["conv1", "conv2", "conv3"]
    units += [f"inception{block}.{branch}" for block in blocks for branch in branches]
    expected = {f"{unit}.{part}" for unit in units for part in ("conv.weight", "bn.weight")}
    expected |= {f"{unit}.bn.bias" for unit in units} | {"fc.weight", "fc.bias"}
    assert set(names) == expected
    assert names["conv1.conv.weight"] == (64, 3, 7, 7)
    # torchvision's third branch is 3×3, not the publication's 5×5
    assert names["inception3a.branch3.1.conv.weight"] == (32, 16, 3, 3)
    assert names["inception5b.branch2.1.conv.weight"] == (384, 192, 3, 3)
    assert names["fc.weight"] == (1000, 1024)


def test_vgg19_averages_features_of_another_size_onto_its_grid():
    torch.manual_seed(0)
    net = build_system("vgg19", width=0.125).eval()
    grid = torch.rand(2, 64, 7, 7)
    doubled = grid.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    torch.testing.assert_close(net.logits(doubled), net.logits(grid))


def test_sajja_drops_about_60_percent_of_the_units_in_training_and_none_in_use():
    torch.manual_seed(0)
    net = build_system("sajja", width=0.25)
    seen = []
    net.dropout.register_forward_hook(lambda _, inputs, output: seen.append((inputs[0], output)))
    images = torch.rand(16, 1, 64, 64)
    net.train()(images)
    net.eval()(images)
    (before, training), (same, use) = seen
    alive = before > 0
    assert alive.sum() > 2000
    assert (training[alive] == 0).float().mean() == pytest.approx(0.6, abs=0.04)
    torch.testing.assert_close(use, same)


def test_hans_three_combinations_begin_as_the_phase_itself_and_part_in_training():
    torch.manual_seed(0)
    net = build_system("han", width=0.25)
    images = torch.rand(8, 1, 64, 64)
    torch.testing.assert_close(net.phases(images), images.expand(-1, 3, -1, -1))
    assert net.conv1.conv.weight.shape[1] == 3
    step = torch.optim.SGD(net.parameters(), lr=0.1)
    torch.nn.functional.cross_entropy(net(images), torch.arange(8) % 2).backward()
    step.step()
    factors = net.phases.weight.detach().flatten()
    assert len(factors.unique()) == 3
    assert (factors != 1).all()
