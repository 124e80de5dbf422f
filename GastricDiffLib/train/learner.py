"""A network that learns, step by step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from GastricDiffLib.nets.base import Network
from GastricDiffLib.nets.device import autocast, channels_last, half_dtype
from GastricDiffLib.nets.input import InputSpec
from GastricDiffLib.train.average import averaging
from GastricDiffLib.train.batches import Batch
from GastricDiffLib.train.checkpoint import RunState, load_checkpoint, save_checkpoint
from GastricDiffLib.train.config import TrainConfig
from GastricDiffLib.train.distributed import world
from GastricDiffLib.train.losses import focal_loss, tad_loss
from GastricDiffLib.train.replica import training_pass


class Learner:
    """The network, the average of its weights, and what a step needs beside them.

    Of several processes each has one, and they stay alike: gradients are those of the whole
    batch. ``alpha``: weight of class 1 in the focal loss.
    """

    def __init__(
        self, net: Network, config: TrainConfig, spec: InputSpec, device: torch.device, alpha: float
    ) -> None:
        self.config, self.spec, self.device, self.alpha = config, spec, device, alpha
        self.dtype = half_dtype(device, training=True)
        self.net = net
        # What is validated and kept: a running average of the weights is less noisy than any
        # one step's, and a small cohort's validation AUC cannot pick out the lucky ones. It is
        # copied before normalisation spans processes: it works in each process by itself.
        self.average = AveragedModel(net, use_buffers=True)
        self._outputs = training_pass(net, device)
        self.optimizer = torch.optim.AdamW(
            net.parameters(),
            lr=config.lr,
            weight_decay=config.weight_decay,
            fused=device.type in ("cpu", "cuda"),
        )
        self.scaler = torch.amp.GradScaler(
            device.type, enabled=self.dtype is torch.float16, init_scale=2.0**14
        )
        self._average = averaging(self.average, net)

    @property
    def averaged(self) -> Network:
        """The network of the averaged weights, in evaluation mode."""
        net = self.average.module.eval()
        assert isinstance(net, Network)
        return net

    @property
    def rate(self) -> float:
        """The learning rate."""
        return float(self.optimizer.param_groups[0]["lr"])

    @rate.setter
    def rate(self, value: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = value

    def step(self, batch: Batch, weight: float) -> Tensor:
        """Learn from this process's part of a batch, which is ``weight`` of the whole.

        Returns
        -------
        Tensor
            This part's share of the loss over the whole batch, of its classification part and
            of its TAD part: 3, on the device. To look at them waits for a GPU: look late.
        """
        config = self.config
        images, roi, labels, _ = batch
        inputs = channels_last(self.spec.normalised(images))
        with autocast(self.device, self.dtype):
            outputs = self._outputs(inputs)
        cls = focal_loss(outputs.logits, labels, self.alpha, config.gamma)
        tad = torch.zeros_like(cls)
        if config.tad and config.lam > 0:
            tad = tad_loss(outputs, roi, images, config.beta, config.teacher, config.normalise)
        loss = cls + config.lam * tad
        self.optimizer.zero_grad(set_to_none=True)
        # The mean over processes that backward leaves is then the sum over their parts.
        torch.autograd.backward(self.scaler.scale(loss * (weight * world())))
        self.scaler.unscale_(self.optimizer)
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self._average()
        return torch.stack((loss, cls, tad)).detach() * weight

    def save(self, path: Path, state: RunState) -> None:
        """Write the checkpoint of a run that stands at ``state``."""
        save_checkpoint(path, state, self._parts(), self.optimizer, self.scaler.get_scale())

    def load(self, path: Path, identity: dict[str, Any]) -> RunState:
        """Go to where a run stood; raises as :func:`load_checkpoint`."""
        state, scale = load_checkpoint(path, identity, self._parts(), self.optimizer)
        if self.scaler.is_enabled():
            self.scaler.update(scale)
        return state

    def _parts(self) -> dict[str, nn.Module]:
        return {"net": self.net, "average": self.average}
