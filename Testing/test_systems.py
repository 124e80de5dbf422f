"""The networks: shapes, sizes and what the head does with the attention map."""

import pytest
import torch
from torch import nn

from GastricDiffLib.nets import SYSTEMS, build_system
from GastricDiffLib.nets.dual_path import DualPathBlock, DualPathHead
from GastricDiffLib.nets.fold import fold_batch_norms


def parameters(net):
    return sum(parameter.numel() for parameter in net.parameters())


def test_resnext50_at_full_width_has_the_published_number_of_parameters():
    assert parameters(build_system("resnext50", in_channels=3, num_classes=1000)) == 25_028_904


def test_resnext50_keeps_torchvisions_parameter_names():
    names = dict(build_system("resnext50", 3, 1000).named_parameters())
    assert names["layer1.0.downsample.0.weight"].shape == (256, 64, 1, 1)
    assert names["layer4.2.conv2.weight"].shape == (1024, 32, 3, 3)
    assert names["fc.weight"].shape == (1000, 2048)
    assert {name.split(".")[0] for name in names} == {
        "conv1", "bn1", "layer1", "layer2", "layer3", "layer4", "fc"
    }  # fmt: skip


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_system_maps_slices_to_logits(name):
    net = build_system(name, width=0.125).eval()
    assert net(torch.rand(2, 1, 64, 96)).shape == (2, 2)


def test_the_stages_stand_at_a_sixteenth_and_a_thirtysecond_of_the_input():
    outputs = (
        build_system("r50-imp-dpn-tad", width=0.125).eval().outputs(torch.rand(1, 1, 224, 224))
    )
    assert outputs.s4.shape[-2:] == (14, 14)
    assert outputs.s5.shape[-2:] == (7, 7)


def test_width_scales_every_part_of_the_network():
    full, quarter = (parameters(build_system("r50-imp-dpn-tad", width=w)) for w in (1.0, 0.25))
    assert 12 < full / quarter < 16


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


def test_the_evidence_map_averages_to_the_difference_of_the_logits():
    net = build_system("r50-imp-dpn-tad", width=0.125).eval()
    outputs = net.outputs(torch.rand(3, 1, 96, 96))
    bias = net.fc.bias[1] - net.fc.bias[0]
    averaged = net.evidence(outputs.features).mean(dim=(1, 2)) + bias
    torch.testing.assert_close(averaged, outputs.logits[:, 1] - outputs.logits[:, 0])


def test_folding_batch_norms_changes_no_output():
    torch.manual_seed(0)
    net = build_system("r50-imp-dpn-tad", width=0.125)
    net(torch.rand(8, 1, 64, 64))  # statistics worth folding
    net.eval()
    images = torch.rand(4, 1, 64, 64)
    before = net(images)
    count = sum(isinstance(part, nn.BatchNorm2d) for part in net.modules())
    fold_batch_norms(net)
    after = sum(isinstance(part, nn.BatchNorm2d) for part in net.modules())
    assert after < 0.2 * count
    torch.testing.assert_close(net(images), before, atol=1e-4, rtol=1e-3)


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match=r"'resnet'.*r50-imp-dpn-tad"):
        build_system("resnet")
    with pytest.raises(ValueError, match="width"):
        build_system("resnext50", width=0)
    with pytest.raises(ValueError, match="'sum'"):
        build_system("r50-imp-dpn", merge="sum")
