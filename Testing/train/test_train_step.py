"""What a training step costs, counted in operations: seconds are the benchmark's."""

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.nets import build_system
from GastricDiffLib.nets.input import InputSpec
from GastricDiffLib.nets.size import system_size
from GastricDiffLib.train.batches import augmented, draws, training_samples
from GastricDiffLib.train.cache import SliceCache
from GastricDiffLib.train.config import TrainConfig
from GastricDiffLib.train.learner import Learner

CPU = torch.device("cpu")
OWN, PLAIN = "r50-imp-dpn-tad", "resnext50"


class Counted(TorchDispatchMode):
    """Counts the operations that PyTorch runs, those of the way back too."""

    def __init__(self):
        super().__init__()
        self.names = []

    def __torch_dispatch__(self, operation, types, arguments=(), options=None):
        self.names.append(str(operation))
        return operation(*arguments, **(options or {}))


@pytest.fixture(scope="module")
def samples(phantom_dataset):
    return training_samples(Dataset.open(phantom_dataset).split("train"), "roi", 0)


def learner(system):
    torch.manual_seed(0)
    config = TrainConfig(system, width=0.125, size=32)
    net = build_system(system, width=0.125, **config.options).train()
    return Learner(net, config, InputSpec(32, std=0.3), CPU, 0.5)


def operations(one, samples, folder, count):
    """All of a loader's and a learner's second step on ``count`` slices; the first makes states."""
    cache, generator = SliceCache(samples, one.spec, folder), torch.Generator().manual_seed(0)
    for _ in range(2):
        with Counted() as counted:
            batch = cache.batch(np.arange(count), CPU)
            one.step(augmented(batch, True, draws(count, generator)), 1.0)
    return counted.names


def test_a_step_runs_as_many_operations_for_many_slices_as_for_few(samples, tmp_path):
    few, many = (operations(learner(OWN), samples, tmp_path, count) for count in (3, 24))
    assert "aten.convolution_backward.default" in many
    assert few == many


def test_a_step_looks_at_no_number_but_its_own_count(samples, tmp_path):
    # On a GPU, to look at one waits for all that was asked for before; the count is not there.
    names = operations(learner(OWN), samples, tmp_path, 4)
    assert names.count("aten._local_scalar_dense.default") == 1
    assert not [name for name in names if "nonzero" in name or "masked_select" in name]


def test_the_papers_parts_add_less_than_a_quarter_to_the_operations_of_a_plain_network():
    own, plain = (system_size(name).multiply_adds for name in (OWN, PLAIN))
    assert plain < own < 1.25 * plain
