"""The networks: shapes, sizes and what the head does with the attention map."""

import pytest
import torch
from torch import nn

from GastricDiffLib.nets import SYSTEMS, build_system
from GastricDiffLib.nets.dual_path import DualPathBlock, DualPathHead
from GastricDiffLib.nets.fold import fold_batch_norms


def parameters(net):
    return sum(parameter.numel() for parameter in net.parameters())


def test_the_eight_systems_of_the_paper_are_there_in_its_order():
    names = [
        "vgg19", "resnext50", "sajja", "han", "r50-dpn", "r50-imp-dpn", "r50-tad", "r50-imp-dpn-tad"
    ]  # fmt: skip
    assert [name for name in SYSTEMS if name in names] == names
    assert [name for name in names if SYSTEMS[name].tad] == ["r50-tad", "r50-imp-dpn-tad"]
    assert [name for name in names if SYSTEMS[name].on_crop] == ["han"]


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_system_maps_slices_to_logits(name):
    net = build_system(name, width=0.125).eval()
    assert net(torch.rand(2, 1, 64, 96)).shape == (2, 2)


@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize(("size", "s4", "s5"), [(224, 14, 7), (96, 6, 3), (32, 2, 1)])
def test_the_stages_stand_at_a_sixteenth_and_a_thirtysecond_of_the_input(name, size, s4, s5):
    with torch.device("meta"):
        outputs = build_system(name, width=0.125).eval().outputs(torch.empty(1, 1, size, size))
    assert outputs.s4.shape[-2:] == (s4, s4)
    assert outputs.s5.shape[-2:] == outputs.features.shape[-2:] == (s5, s5)


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_parameter_of_every_system_learns(name):
    torch.manual_seed(0)
    net = build_system(name, width=0.25).train()
    net(torch.rand(4, 1, 64, 64)).square().sum().backward()
    idle = [name for name, weight in net.named_parameters() if not weight.grad.any()]
    assert not idle


@pytest.mark.parametrize("name", SYSTEMS)
def test_width_scales_every_part_of_every_system(name):
    with torch.device("meta"):
        full, quarter = (parameters(build_system(name, width=width)) for width in (1.0, 0.25))
    assert 12 < full / quarter < 17


def test_a_dual_path_block_adds_to_one_path_and_grows_the_other():
    block = DualPathBlock(residual=8, dense=4, middle=8, growth=2, groups=2).eval()
    residual, dense = torch.rand(1, 8, 3, 3), torch.rand(1, 4, 3, 3)
    added, grown = block(residual, dense)
    assert added.shape == (1, 8, 3, 3)
    assert grown.shape == (1, 6, 3, 3)
    torch.testing.assert_close(grown[:, :4], dense)
    with torch.no_grad():
        block.expand[2].weight.zero_()
    added, grown = block(residual, dense)
    torch.testing.assert_close(added, residual)
    torch.testing.assert_close(grown[:, 4:], torch.zeros(1, 2, 3, 3))


def test_gate_multiplies_the_plain_heads_output_by_one_plus_the_map():
    torch.manual_seed(0)
    plain = DualPathHead(16, 0.125, merge="none").eval()
    gate = DualPathHead(16, 0.125, merge="gate").eval()
    gate.load_state_dict(plain.state_dict())
    features = torch.rand(2, 16, 4, 4)
    squares = features.square().sum(1)
    attention = squares / squares.flatten(1).norm(dim=1)[:, None, None]
    torch.testing.assert_close(gate(features), plain(features) * (1 + attention[:, None]))


def test_concat_lets_the_map_reach_the_logits():
    torch.manual_seed(0)
    head = DualPathHead(16, 0.125, merge="concat").eval()
    features = torch.rand(1, 16, 4, 4)
    before = head(features)
    with torch.no_grad():
        head.fuse[0].weight[:, -1] = 0
    assert not torch.allclose(before, head(features))


@pytest.mark.parametrize("name", SYSTEMS)
def test_folding_batch_norms_changes_no_output(name):
    torch.manual_seed(0)
    net = build_system(name, width=0.125)
    net(torch.rand(8, 1, 64, 64))  # statistics worth folding
    net.eval()
    images = torch.rand(4, 1, 64, 64)
    before = net(images)
    count = sum(isinstance(part, nn.BatchNorm2d) for part in net.modules())
    fold_batch_norms(net)
    after = sum(isinstance(part, nn.BatchNorm2d) for part in net.modules())
    assert after <= 0.2 * count
    torch.testing.assert_close(net(images), before, atol=1e-4, rtol=1e-3)


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match=r"'resnet'.*r50-imp-dpn-tad"):
        build_system("resnet")
    with pytest.raises(ValueError, match="width"):
        build_system("resnext50", width=0)
    with pytest.raises(ValueError, match="'sum'"):
        build_system("r50-imp-dpn", merge="sum")
    with pytest.raises(ValueError, match="vgg19 has no option 'merge'"):
        build_system("vgg19", merge="concat")
