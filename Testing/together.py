"""What ``test_train_distributed`` lets torchrun start: writes what the processes found.

torchrun --nproc-per-node 2 Testing/together.py DATASET OUT BATCH_SIZE
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.errors import Cancelled, InputError
from GastricDiffLib.train.batch_norm import normalise_globally
from GastricDiffLib.train.config import TrainConfig
from GastricDiffLib.train.distributed import (
    barrier,
    broadcast_map,
    gather,
    is_main,
    joined,
    rank,
    share,
    sync_errors,
    world,
)
from GastricDiffLib.train.loop import Trainer

# It draws for its dropout, and normalises nothing: quick to run in step.
CALM = TrainConfig("vgg19", 0.125, 32, crop=0.0, batch_size=16, epochs=5)
IMAGES = 7


class DoubleTrainer(Trainer):
    """The trainer with a network in float64, where rounding does not grow into the curve."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.learner.dtype = None  # no bfloat16 either

    def _network(self, weights):
        net = super()._network(weights).double()
        net.conv1.register_forward_pre_hook(lambda _, inputs: inputs[0].double())
        return net


def train(dataset, out, batch_size):
    """The paper's own system, in ``out``; returns the trainer."""
    # A gentle rate: steep steps amplify the last digit of float64 into the first ones too.
    config = TrainConfig(width=0.125, size=32, crop=0.0, batch_size=batch_size, epochs=2, lr=1e-4)
    trainer = DoubleTrainer(Dataset.open(dataset), config, out, "cpu")
    trainer.run()
    return trainer


def batch(dtype):
    """Images far from a mean of 0, and the slope of some loss by what comes of them."""
    generator = torch.Generator().manual_seed(3)
    images, slope = torch.randn(2, IMAGES, 5, 6, 4, generator=generator, dtype=torch.float64)
    return (images * 2 + 50).to(dtype), slope.to(dtype)


def norm(dtype):
    net = nn.Sequential(nn.BatchNorm2d(5)).to(dtype)
    with torch.no_grad():
        net[0].weight.uniform_(0.5, 2, generator=torch.Generator().manual_seed(4))
    return net


def normalise(net, images, slope):
    """Two passes in training and one in evaluation; what they leave."""
    images = images.clone().requires_grad_()
    net(images.detach() * 0.5)
    out = net(images)
    out.backward(slope)
    found = {"out": out.detach(), "images": images.grad}
    found |= {name: value.grad for name, value in net.named_parameters()}
    found |= {f"state.{name}": value for name, value in net.state_dict().items()}
    return found | {"eval": net.eval()(images).detach()}


def normalised_together(dtype, own_dtype):
    images, slope = batch(dtype)
    own = share(IMAGES)
    found = normalise(normalise_globally(norm(own_dtype), images.device), images[own], slope[own])
    parts = gather([found])
    whole = {name: torch.cat([part[name] for part in parts]) for name in ("out", "images", "eval")}
    whole |= {name: sum(part[name] for part in parts) for name in ("0.weight", "0.bias")}
    return whole | {name: value for name, value in found.items() if name.startswith("state.")}


def raised(action):
    try:
        action()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "nothing"


def fail(*ranks, kind=InputError):
    with sync_errors():
        if rank() in ranks:
            raise kind(f"of {rank()}")


def cancelled_run(dataset, out):
    trainer = Trainer(Dataset.open(dataset), CALM, out, "cpu")

    def cancel(done, total, message):
        if done > trainer.steps:
            raise Cancelled

    trainer.run(cancel)


def train_unalike(dataset, out):
    config = replace(CALM, lr=1e-3 * (1 + rank()))
    Trainer(Dataset.open(dataset), config, out, "cpu")


def inverse(number):
    if number == 0:
        raise InputError("no inverse", 0)
    return rank(), 1 / number


def main(dataset, out):
    with joined():
        with joined():
            seen = {"gathered": gather([rank(), "of", world()])}
        seen["map"] = broadcast_map(inverse, [1, 2, 4, 5, 8])
        seen["broadcast_map nothing"] = broadcast_map(inverse, [])
        seen["shares"] = gather([len(range(5)[share(5)])])
        actions = {
            "one": lambda: fail(1),
            "all": lambda: fail(0, 1),
            "a bug": lambda: fail(1, kind=RuntimeError),
            "none": fail,
            "mapping": lambda: broadcast_map(inverse, [1, 0]),
            "cancelled": lambda: cancelled_run(dataset, out / "cancelled"),
            "unalike": lambda: train_unalike(dataset, out / "unalike"),
        }
        seen |= {name: gather([raised(action)]) for name, action in actions.items()}
        kinds = {"double": (torch.float64,) * 2, "half": (torch.bfloat16, torch.float32)}
        norms = {name: normalised_together(*kind) for name, kind in kinds.items()}
        train(dataset, out / "double", int(sys.argv[3]))
        Trainer(Dataset.open(dataset), CALM, out / "calm", "cpu").run()
        barrier()
        if is_main():
            for name, found in norms.items():
                save_file(found, out / f"{name}.safetensors")
            (out / "seen.json").write_text(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
