"""The running average of a network's weights."""

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from GastricDiffLib.nets import build_system
from GastricDiffLib.train.average import AVERAGING, averaging


def theirs(averages, current, count):
    past = min(AVERAGING, (1 + int(count)) / (10 + int(count)))
    get_ema_multi_avg_fn(past)(averages, current, count)


def test_a_step_is_that_of_torchs_own_average():
    torch.manual_seed(0)
    net = build_system("r50-imp-dpn-tad", width=0.125).train()
    average = AveragedModel(net, use_buffers=True)
    expected = AveragedModel(net, multi_avg_fn=theirs, use_buffers=True)
    step = averaging(average, net)
    for _ in range(4):
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.add_(torch.randn_like(parameter) * 0.1)
            net(torch.randn(2, 1, 32, 32))
        step()
        expected.update_parameters(net)
    found, wanted = average.state_dict(), expected.state_dict()
    assert found.keys() == wanted.keys()
    assert found["n_averaged"] == 4
    trained = net.state_dict()
    for name, value in found.items():
        if value.is_floating_point():
            assert value.equal(wanted[name]), name
        elif name != "n_averaged":
            # How many batches were seen is no quantity to average.
            assert value.equal(trained[name.removeprefix("module.")]), name
    assert any(
        not value.equal(trained[name.removeprefix("module.")])
        for name, value in found.items()
        if value.is_floating_point()
    )
