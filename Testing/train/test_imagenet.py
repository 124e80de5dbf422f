"""ImageNet weights from a local file: taken over whole, folded to one channel, or refused."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from GastricDiffLib.errors import InputError
from GastricDiffLib.nets import SYSTEMS, build_system
from GastricDiffLib.train.imagenet import load_imagenet

BACKBONE = {"vgg19": "vgg19", "sajja": "sajja", "han": "sajja"}
WIDTH = 0.125


def pretrained(name):
    """The backbone of a system as torchvision has it: three channels, 1000 classes."""
    torch.manual_seed(1)
    return build_system(BACKBONE.get(name, "resnext50"), 3, 1000, WIDTH).eval()


def saved(path, net, **more):
    save_file(net.state_dict() | more, path)
    return path


def fresh(name):
    torch.manual_seed(2)
    return build_system(name, width=WIDTH).eval()


@pytest.mark.parametrize("name", SYSTEMS)
def test_one_channel_through_the_folded_stem_is_grey_through_all_three(name, tmp_path):
    source, net = pretrained(name), fresh(name)
    load_imagenet(net, saved(tmp_path / "weights.safetensors", source))
    grey = torch.rand(2, 1, 64, 64)
    expected = source.outputs(grey.expand(-1, 3, -1, -1))
    found = net.outputs(grey)
    torch.testing.assert_close(found.s4, expected.s4, atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(found.s5, expected.s5, atol=1e-4, rtol=1e-3)


def test_a_network_of_three_channels_takes_the_stem_as_it_is(tmp_path):
    source = pretrained("vgg19")
    net = build_system("vgg19", in_channels=3, width=WIDTH)
    load_imagenet(net, saved(tmp_path / "weights.safetensors", source))
    assert torch.equal(net.features[0].weight, source.features[0].weight)


@pytest.mark.parametrize("name", ["vgg19", "sajja", "han", "r50-imp-dpn-tad"])
def test_the_last_layer_and_what_torchvision_lacks_stay_fresh(name, tmp_path):
    net = fresh(name)
    before = {key: value.clone() for key, value in net.state_dict().items()}
    load_imagenet(net, saved(tmp_path / "weights.safetensors", pretrained(name)))
    kept = [key for key in before if key.startswith(("fc.", "head.", "phases.", "classifier.6."))]
    assert all(torch.equal(before[key], net.state_dict()[key]) for key in kept)
    taken = [key for key, value in before.items() if key not in kept and value.dim() > 1]
    assert len(taken) >= 16
    assert not any(torch.equal(before[key], net.state_dict()[key]) for key in taken)


def test_auxiliary_heads_and_half_precision_are_no_hindrance_nor_absent_batch_counts(tmp_path):
    source = pretrained("sajja")
    tensors = {k: v for k, v in source.state_dict().items() if not k.endswith("batches_tracked")}
    tensors = {k: v.half() for k, v in tensors.items()} | {"aux1.conv.conv.weight": torch.ones(2)}
    save_file(tensors, tmp_path / "weights.safetensors")
    net = fresh("sajja")
    load_imagenet(net, tmp_path / "weights.safetensors")
    assert net.conv2.conv.weight.dtype == torch.float32
    torch.testing.assert_close(net.conv2.conv.weight, tensors["conv2.conv.weight"].float())


def refused(net, path, words):
    before = {key: value.clone() for key, value in net.state_dict().items()}
    with pytest.raises(InputError, match=words) as error:
        load_imagenet(net, path)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)
    assert all(torch.equal(before[key], value) for key, value in net.state_dict().items())


def test_what_does_not_fit_is_named_and_leaves_the_network_as_it_was(tmp_path):
    path = saved(tmp_path / "weights.safetensors", pretrained("resnext50"))
    whole = load_file(path)
    net = fresh("r50-tad")
    less = {k: v for k, v in whole.items() if k != "layer4.2.bn3.running_mean"}
    save_file(less, path)
    refused(net, path, r"do not fit: layer4\.2\.bn3\.running_mean is missing:")
    save_file(whole | {"layer5.weight": torch.ones(2)}, path)
    refused(net, path, r"layer5\.weight is not in the network")
    save_file(whole | {"layer1.0.conv1.weight": torch.ones(3, 2)}, path)
    refused(net, path, r"layer1\.0\.conv1\.weight is 3×2, not 16×8×1×1")
    save_file(whole | {"conv1.weight": torch.ones(8)}, path)
    refused(net, path, r"conv1\.weight is 8, not 8×1×7×7")


def test_the_weights_of_another_network_or_width_are_refused(tmp_path):
    path = saved(tmp_path / "weights.safetensors", pretrained("vgg19"))
    refused(fresh("resnext50"), path, r"conv1\.weight is missing and \d+ more faults.*same network")
    narrow = build_system("vgg19", width=0.0625)
    refused(narrow, path, r"features\.0\.weight is 8×1×3×3, not 4×1×3×3")


def test_a_pickle_a_cut_file_and_no_file_are_refused(tmp_path):
    net = fresh("vgg19")
    whole = saved(tmp_path / "weights.safetensors", net).read_bytes()
    torch.save(net.state_dict(), tmp_path / "vgg19-dcbb9e9d.pth")
    refused(net, tmp_path / "vgg19-dcbb9e9d.pth", "pickled weights are never read.*save_file")
    torch.save(net.state_dict(), tmp_path / "renamed.safetensors")
    refused(net, tmp_path / "renamed.safetensors", "not a whole")
    (tmp_path / "cut.safetensors").write_bytes(whole[:-7])
    refused(net, tmp_path / "cut.safetensors", "not a whole")
    refused(net, tmp_path / "nowhere.safetensors", "no such file")
