"""`gastricdiff info --systems` and the counting behind it."""

import pytest
import torch

from GastricDiffLib.cli.main import main
from GastricDiffLib.nets import SYSTEMS, build_system
from GastricDiffLib.nets.size import system_size


@pytest.mark.parametrize(
    ("name", "published"), [("vgg19", 19.63e9), ("resnext50", 4.23e9), ("sajja", 1.50e9)]
)
def test_multiply_adds_are_the_published_ones(name, published):
    counted = system_size(name, in_channels=3, num_classes=1000).multiply_adds
    assert counted == pytest.approx(published, rel=0.005)


def by_hand(net, images):
    """Multiply-adds of every convolution and linear layer, from the shapes that they meet."""
    total = 0

    def count(layer, _, output):
        nonlocal total
        total += output.numel() * layer.weight[0].numel()

    for part in net.modules():
        if isinstance(part, (torch.nn.Conv2d, torch.nn.Linear)):
            part.register_forward_hook(count)
    net(images)
    return total


@pytest.mark.parametrize("name", ["han", "r50-imp-dpn-tad"])
def test_multiply_adds_are_those_of_every_layer(name):
    net = build_system(name, width=0.25).eval()
    assert system_size(name, size=64, width=0.25) == (
        sum(parameter.numel() for parameter in net.parameters()),
        by_hand(net, torch.rand(1, 1, 64, 64)),
    )


def test_info_lists_the_eight_systems_with_their_sizes(capsys):
    assert main(["info", "--systems"]) == 0
    heading, *rows, footing = capsys.readouterr().out.splitlines()
    assert heading.split()[:3] == ["system", "parameters", "multiply-adds"]
    assert [row.split()[0] for row in rows] == list(SYSTEMS)
    for row, system in zip(rows, SYSTEMS.values(), strict=True):
        assert row.endswith(f"G  {system.summary}")
        assert len(row) <= 120
    assert rows[0].split()[1:3] == ["139,577,282", "19.57"]
    assert "224" in footing


@pytest.mark.parametrize("arguments", [["info"], ["info", "model.safetensors", "--systems"]])
def test_info_wants_either_a_model_or_the_systems(arguments, capsys):
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert "--systems" in printed.err
