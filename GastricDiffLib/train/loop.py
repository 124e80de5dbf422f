"""The training run: epochs, validation, early stopping, checkpoint, model file."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from GastricDiffLib.classify.model_file import save_model
from GastricDiffLib.cohort.dataset import Dataset, DatasetCase
from GastricDiffLib.errors import InputError
from GastricDiffLib.evaluate.calibration import Calibration, fit
from GastricDiffLib.evaluate.metrics import Scores, score_cases
from GastricDiffLib.files import replacing, sha256
from GastricDiffLib.nets import build_system, load_imagenet
from GastricDiffLib.nets.device import autocast, channels_last, half_dtype, pick_device
from GastricDiffLib.nets.input import InputSpec
from GastricDiffLib.progress import STOP_FILE, Progress
from GastricDiffLib.train.batches import (
    Batch,
    Sample,
    augmented,
    case_field,
    case_slices,
    read_batch,
    shuffled,
    training_samples,
)
from GastricDiffLib.train.checkpoint import RunState, load_checkpoint, save_checkpoint
from GastricDiffLib.train.config import TrainConfig
from GastricDiffLib.train.losses import focal_loss, tad_loss
from GastricDiffLib.train.provenance import provenance

WARM_UP = 0.1  # share of all steps
AVERAGING = 0.995  # weight of the past in the average of the weights
COLUMNS = (
    "epoch",
    "lr",
    "loss",
    "loss_cls",
    "loss_tad",
    "val_loss",
    "val_image_auc",
    "val_case_auc",
    "val_image_acc",
    "val_case_acc",
)


class Trainer:
    """One run of ``gastricdiff train``.

    Every random draw of an epoch follows from the seed and the epoch's number, so that a run
    continued from ``last.ckpt`` ends as an undisturbed one.

    ``note`` goes into the model file: what its user must know. ``weights``: a local file of
    ImageNet weights to start from; see :func:`load_imagenet`.

    Raises:
        InputError: the dataset lacks training or validation cases, or one of the two classes;
            ``out`` holds another run.
    """

    def __init__(
        self,
        dataset: Dataset,
        config: TrainConfig,
        out: Path | str,
        device: str = "auto",
        note: str = "",
        weights: Path | str | None = None,
    ) -> None:
        self.dataset, self.config, self.out, self.note = dataset, config, Path(out), note
        self.device = pick_device(device)
        self.dtype = half_dtype(self.device, training=True)
        self.train_cases, self.val_cases = _trainable(dataset)
        self.samples = training_samples(self.train_cases, config.scope, config.seed)
        self.spec = self._input_spec()
        torch.manual_seed(config.seed)
        net = build_system(config.system, 1, 2, config.width, **config.options)
        if weights is not None:
            load_imagenet(net, weights)
        self.net = channels_last(net.to(self.device))
        # What is validated and kept: a running average of the weights is less noisy than any
        # one step's, and a small cohort's validation AUC cannot pick out the lucky ones.
        self.average = AveragedModel(self.net, multi_avg_fn=_drift, use_buffers=True)
        self.optimizer = torch.optim.AdamW(
            self.net.parameters(), lr=config.lr, weight_decay=config.weight_decay
        )
        self.scaler = torch.amp.GradScaler(
            self.device.type, enabled=self.dtype is torch.float16, init_scale=2.0**14
        )
        positive = sum(sample.case.label for sample in self.samples)
        # Classes match by case after balancing; slices of a case may still differ in number.
        self.alpha = 1 - positive / len(self.samples)
        self.steps = math.ceil(len(self.samples) / config.batch_size)
        self.identity: dict[str, Any] = {
            "settings": config.to_json(),
            "cohort": dataset.cohort_hash,
            "weights": None if weights is None else sha256(weights),
        }

    def run(self, progress: Progress | None = None) -> dict[str, Any]:
        """Train until done or stopped early; returns the metadata of the model it wrote.

        ``progress(done, total, message)`` may raise ``Cancelled``: ``last.ckpt`` then lets
        the next call go on after the last finished epoch. Once the file ``stop`` appears in the
        run's folder, the epoch in progress is dropped, unless it is the first, and the run ends
        as if stopped early; the next call goes on.
        """
        state = self._resume()
        total = self.config.epochs * self.steps
        for epoch in range(len(state.history), self.config.epochs):
            if self._stale(state):
                break
            trained = self._epoch(epoch, total, progress)
            if trained is None:
                break
            row = {"epoch": epoch} | trained
            row |= self._validation()
            state.history.append({name: round(row[name], 6) for name in COLUMNS})
            if state.best_epoch < 0 or _better(
                state.history[epoch], state.history[state.best_epoch]
            ):
                state.best_epoch = epoch
                kept = self.average.module.state_dict()
                state.best = {k: v.detach().clone() for k, v in kept.items()}
            self._save(state)
            write_history(self.out / "history.csv", state.history)
        self.average.module.load_state_dict(state.best)
        return self._finish(state, total, progress)

    def _resume(self) -> RunState:
        path = self.out / "last.ckpt"
        if not path.exists():
            return RunState(self.identity)
        parts = {"net": self.net, "average": self.average}
        state, scale = load_checkpoint(path, self.identity, parts, self.optimizer)
        if self.scaler.is_enabled():
            self.scaler.update(scale)
        return state

    def _save(self, state: RunState) -> None:
        parts = {"net": self.net, "average": self.average}
        scale = self.scaler.get_scale()
        save_checkpoint(self.out / "last.ckpt", state, parts, self.optimizer, scale)

    def _stale(self, state: RunState) -> bool:
        waited = len(state.history) - 1 - state.best_epoch
        return bool(state.history) and waited >= self.config.patience

    def _epoch(self, epoch: int, total: int, progress: Progress | None) -> dict[str, float] | None:
        """Losses and rate; None if the run is asked to stop and an epoch is finished."""
        config = self.config
        generator = torch.Generator().manual_seed(config.seed * 100_003 + epoch)
        sums, seen = np.zeros(3), 0
        self.net.train()
        batches = shuffled(self.samples, config.batch_size, config.seed, epoch)
        for step, chosen in enumerate(batches):
            if epoch > 0 and (self.out / STOP_FILE).exists():
                return None
            done = epoch * self.steps + step
            self._set_rate(done, total)
            batch = augmented(read_batch(chosen, self.spec), config.augment == "all", generator)
            losses = self._step(batch)
            sums += np.array(losses) * len(chosen)
            seen += len(chosen)
            if progress:
                progress(done + 1, total, f"epoch {epoch + 1}/{config.epochs}")
        if not np.isfinite(sums).all():
            raise InputError(
                f"training diverged in epoch {epoch + 1}", self.out, "try a lower --lr"
            )
        loss, cls, tad = sums / seen
        rate = self.optimizer.param_groups[0]["lr"]
        return {"lr": rate, "loss": loss, "loss_cls": cls, "loss_tad": tad}

    def _set_rate(self, done: int, total: int) -> None:
        """Linear warm-up, then half a cosine down to a hundredth."""
        share = done / total
        if share < WARM_UP:
            factor = max(share, 1 / total) / WARM_UP
        else:
            turn = math.pi * (share - WARM_UP) / (1 - WARM_UP)
            factor = 0.01 + 0.99 * (1 + math.cos(turn)) / 2
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.lr * factor

    def _step(self, batch: Batch) -> tuple[float, float, float]:
        config = self.config
        images, roi, labels, _ = (tensor.to(self.device) for tensor in batch)
        inputs = channels_last(self.spec.normalised(images))
        with autocast(self.device, self.dtype):
            outputs = self.net.outputs(inputs)
        cls = focal_loss(outputs.logits, labels, self.alpha, config.gamma)
        tad = torch.zeros_like(cls)
        if config.tad and config.lam > 0:
            tad = tad_loss(outputs, roi, images, config.beta, config.teacher, config.normalise)
        loss = cls + config.lam * tad
        self.optimizer.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self.optimizer)
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.average.update_parameters(self.net)
        return loss.item(), cls.item(), tad.item()

    def _validation(self) -> dict[str, float]:
        scores, loss = self._score(self.val_cases)
        return {
            "val_loss": loss,
            "val_image_auc": scores.image_auc,
            "val_case_auc": scores.case_auc,
            "val_image_acc": scores.image_accuracy,
            "val_case_acc": scores.case_accuracy,
        }

    def _score(
        self, cases: Sequence[DatasetCase], calibration: Calibration | None = None
    ) -> tuple[Scores, float]:
        calibration = calibration or Calibration()
        logits = [self._logits(case) for case in cases]
        labels = torch.tensor([case.label for case in cases])
        sizes = torch.tensor([len(one) for one in logits])
        loss = focal_loss(
            torch.cat(logits), labels.repeat_interleave(sizes), 0.5, self.config.gamma
        )
        p = [calibration.probabilities(_margins(one)) for one in logits]
        truth = [case.label for case in cases]
        return score_cases(truth, p, calibration.threshold), loss.item()

    @torch.inference_mode()
    def _logits(self, case: DatasetCase) -> Tensor:
        net = self.average.module.eval()
        slices, field = case_slices(case, self.config.scope), case_field(case, self.spec)
        parts = []
        for start in range(0, len(slices), 2 * self.config.batch_size):
            hu, _ = case.read(slices[start : start + 2 * self.config.batch_size])
            images = self.spec.scaled(torch.from_numpy(hu).to(self.device), field)
            inputs = channels_last(self.spec.normalised(images))
            with autocast(self.device, self.dtype):
                parts.append(net(inputs).float().cpu())
        return torch.cat(parts)

    def _input_spec(self) -> InputSpec:
        """Mean and standard deviation over the training slices, at the network's own size."""
        config = self.config
        spec = InputSpec(config.size, config.window, scope=config.scope, crop=config.field)
        first: list[Sample] = [sample for sample in self.samples if sample.copy == 0]
        # A few hundred slices give both to three digits; a large cohort need not be read whole.
        chosen = first[:: max(1, len(first) // 400)]
        images = [read_batch([sample], spec).images for sample in chosen]
        mean = float(np.mean([image.mean().item() for image in images]))
        square = float(np.mean([image.square().mean().item() for image in images]))
        std = max(square - mean**2, 1e-6) ** 0.5
        return replace(spec, mean=round(mean, 5), std=round(std, 5))

    def _finish(self, state: RunState, total: int, progress: Progress | None) -> dict[str, Any]:
        best = state.history[state.best_epoch]
        metrics: dict[str, Any] = {
            "best_epoch": state.best_epoch,
            "val_image_auc": best["val_image_auc"],
            "val_case_auc": best["val_case_auc"],
        }
        # Fitted on validation cases alone: the test cases judge it like everything else.
        labels = [case.label for case in self.val_cases]
        calibration = fit(labels, [_margins(self._logits(case)) for case in self.val_cases])
        test = self.dataset.split("test")
        if test:
            scores, _ = self._score(test, calibration)
            metrics |= {f"test_{name}": _number(value) for name, value in vars(scores).items()} | {
                "test_cases": len(test)
            }
        metadata = {
            "name": self.out.resolve().name,
            "system": self.config.system,
            "width": self.config.width,
            "options": self.config.options,
            "input": self.spec.to_json(),
            "classes": list(self.dataset.classes),
            "note": self.note,
            "threshold": round(calibration.threshold, 6),
            "calibration": {
                "scale": round(calibration.scale, 6),
                "bias": round(calibration.bias, 6),
            },
            "training": provenance(self.dataset, self.config, self.identity["weights"]),
            "metrics": metrics,
        }
        save_model(self.out / "model.safetensors", state.best, metadata)
        with replacing(self.out / "metrics.json") as path:
            path.write_text(json.dumps(metrics, indent=1), encoding="utf-8")
        (self.out / STOP_FILE).unlink(missing_ok=True)
        from GastricDiffLib.train.plots import plot_history

        plot_history(self.out / "history.png", state.history, self.config)
        if progress:
            progress(total, total, "done")
        return metadata


def _margins(logits: Tensor) -> np.ndarray:
    """N×2 logits → (N,) of class 1 minus that of class 0."""
    return (logits[:, 1] - logits[:, 0]).numpy()


def _drift(averages: Any, current: Any, count: Tensor | int) -> None:
    """One step of the running averages; young ones follow faster."""
    past = min(AVERAGING, (1 + int(count)) / (10 + int(count)))
    get_ema_multi_avg_fn(past)(averages, current, count)


def _trainable(dataset: Dataset) -> tuple[list[DatasetCase], list[DatasetCase]]:
    train, val = dataset.split("train"), dataset.split("val")
    dataset.require_classes(train, "training cases")
    dataset.require_classes(val, "validation cases")
    return train, val


def _better(row: dict[str, float], best: dict[str, float]) -> bool:
    """Higher validation AUC; the lower loss where the AUC is the same."""
    key = ("val_image_auc", "val_loss")
    return (row[key[0]], -row[key[1]]) > (best[key[0]], -best[key[1]])


def _number(value: float) -> float | None:
    """JSON has no nan: an AUC over one class is null."""
    return round(value, 6) if math.isfinite(value) else None


def write_history(path: Path, history: Sequence[dict[str, float]]) -> None:
    """One row an epoch, the columns of ``COLUMNS``; no times: a resumed run's is the same."""
    with replacing(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(history)
