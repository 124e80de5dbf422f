"""The training run: epochs, validation, early stopping, checkpoint, model file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from GastricDiffLib.cohort.dataset import Dataset, DatasetCase
from GastricDiffLib.errors import InputError
from GastricDiffLib.files import sha256
from GastricDiffLib.inference.model_file import margins
from GastricDiffLib.inference.predictor import Predictor
from GastricDiffLib.inference.slices import CaseSlices, JoinedSlices
from GastricDiffLib.metrics.calibration import fit
from GastricDiffLib.nets import build_system
from GastricDiffLib.nets.base import Network
from GastricDiffLib.nets.device import channels_last
from GastricDiffLib.progress import STOP_FILE, Progress
from GastricDiffLib.train.batches import (
    Batch,
    augmented,
    draws,
    shuffled,
    training_samples,
)
from GastricDiffLib.train.cache import ImageCache, SliceCache
from GastricDiffLib.train.checkpoint import RunState
from GastricDiffLib.train.config import TrainConfig
from GastricDiffLib.train.distributed import (
    broadcast_parts,
    gather,
    is_main,
    own_device,
    own_items,
    rank,
    require_alike,
    share,
    summed,
    sync_errors,
    world,
)
from GastricDiffLib.train.history import COLUMNS, better, write_history
from GastricDiffLib.train.imagenet import load_imagenet
from GastricDiffLib.train.input_spec import measured_spec
from GastricDiffLib.train.learner import Learner
from GastricDiffLib.train.outcome import tested, write_outcome
from GastricDiffLib.train.provenance import provenance
from GastricDiffLib.train.rate import rate_factor
from GastricDiffLib.train.validation import logits_by_case, validation_columns

__all__ = ["COLUMNS", "Trainer", "write_history"]


class Trainer:
    """One run of ``gastricdiff train``.

    Every random draw of an epoch follows from the seed and the epoch's number, so that a run
    continued from ``last.ckpt`` ends as an undisturbed one.

    Inside :func:`joined` all processes make one, alike, and share the work: each has a part of
    every batch and of the cases validated. The first alone writes files and reports progress.

    ``note`` goes into the model file: what its user must know. ``weights``: a local file of
    ImageNet weights to start from; see :func:`load_imagenet`.

    Raises
    ------
    InputError
        The dataset lacks training or validation cases, or one of the two classes; the processes are
        more than a batch's slices, or not alike.
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
        with sync_errors():
            self.identity: dict[str, Any] = {
                "settings": config.to_json(),
                "cohort": dataset.cohort_hash,
                "weights": None if weights is None else sha256(weights),
            }
            self.device = own_device(device)
            self.train_cases, self.val_cases = _trainable(dataset)
            self.samples = training_samples(self.train_cases, config.scope, config.seed)
            most = min(config.batch_size, len(self.samples))
            if most < world():
                raise InputError(
                    f"batches of {most} slices for {world()} processes",
                    hint="start fewer, or raise --batch-size, which they share",
                )
        require_alike(self.identity, "settings, data or weights", dataset.root)
        self.spec = measured_spec(self.samples, config)
        with sync_errors():
            self.net = self._network(weights)
        positive = sum(sample.case.label for sample in self.samples)
        # Classes match by case after balancing; slices of a case may still differ in number.
        alpha = 1 - positive / len(self.samples)
        self.learner = Learner(self.net, config, self.spec, self.device, alpha)
        self.steps = math.ceil(len(self.samples) / config.batch_size)

    def run(self, progress: Progress | None = None) -> dict[str, Any]:
        """Train until done or stopped early; returns the metadata of the model it wrote.

        ``progress(done, total, message)`` may raise ``Cancelled``: ``last.ckpt`` then lets
        the next call go on after the last finished epoch. Once the file ``stop`` appears in the
        run's folder, the epoch in progress is dropped, unless it is the first, and the run ends
        as if stopped early; the next call goes on.

        Raises
        ------
        InputError
            ``out`` holds another run, a damaged one, or cannot be written; a case cannot be read;
            training diverged.
        """
        progress = progress if is_main() else None
        state = self._resume()
        total = self.config.epochs * self.steps
        if len(state.history) < self.config.epochs and not self._stale(state):
            cache = SliceCache(self.samples, self.spec, self.out / "cache")
            try:
                with sync_errors():
                    file = cache.folder / f"validation-{rank()}.raw"
                    judging = ImageCache(
                        self._slices(own_items(self.val_cases)), self.spec.size, file
                    )
                self._train(state, total, cache, judging, progress)
            finally:
                cache.close()
        self.learner.average.module.load_state_dict(state.best)
        metadata = self._outcome(state)
        with sync_errors():
            if is_main():
                write_outcome(self.out, state, metadata, self.config)
                (self.out / STOP_FILE).unlink(missing_ok=True)
                if progress:
                    progress(total, total, "done")
        return metadata

    def _train(
        self,
        state: RunState,
        total: int,
        cache: SliceCache,
        judging: ImageCache,
        progress: Progress | None,
    ) -> None:
        for epoch in range(len(state.history), self.config.epochs):
            if self._stale(state):
                break
            trained = self._epoch(epoch, total, cache, progress)
            if trained is None:
                break
            row = {"epoch": epoch} | trained | self._validation(judging)
            # One process's row for all: machines that round otherwise must not stop apart.
            state.history.append(gather([{name: round(row[name], 6) for name in COLUMNS}])[0])
            if state.best_epoch < 0 or better(
                state.history[epoch], state.history[state.best_epoch]
            ):
                state.best_epoch = epoch
                kept = self.learner.average.module.state_dict()
                state.best = {k: v.detach().clone() for k, v in kept.items()}
            with sync_errors():
                if is_main():
                    self.learner.save(self.out / "last.ckpt", state)
                    write_history(self.out / "history.csv", state.history)

    def _network(self, weights: Path | str | None) -> Network:
        config = self.config
        torch.manual_seed(config.seed)
        net = build_system(config.system, 1, 2, config.width, **config.options)
        if weights is not None:
            load_imagenet(net, weights)
        return channels_last(net.to(self.device))

    def _resume(self) -> RunState:
        path = self.out / "last.ckpt"
        state = RunState(self.identity)
        with sync_errors():
            if path.exists():
                state = self.learner.load(path, self.identity)
        require_alike(len(state.history), "checkpoint", path)
        return state

    def _stale(self, state: RunState) -> bool:
        waited = len(state.history) - 1 - state.best_epoch
        return bool(state.history) and waited >= self.config.patience

    def _epoch(
        self, epoch: int, total: int, cache: SliceCache, progress: Progress | None
    ) -> dict[str, float] | None:
        """Losses and rate; None if the run is asked to stop and an epoch is finished."""
        config = self.config
        generator = torch.Generator().manual_seed(config.seed * 100_003 + epoch)
        # Dropout draws from torch's own generator, each process for its own slices.
        own_seed = np.random.SeedSequence([config.seed, epoch, rank()]).generate_state(1)
        torch.manual_seed(int(own_seed[0]))
        self.net.train()
        least = max(2, world())
        batches = shuffled(len(self.samples), config.batch_size, config.seed, epoch, least)
        losses: list[Tensor] = []
        sizes: list[int] = []
        for step, chosen in enumerate(batches):
            # As the first process sees it: the file may appear while the others look.
            if epoch > 0 and gather([(self.out / STOP_FILE).exists()])[0]:
                return None
            done = epoch * self.steps + step
            self.learner.rate = config.lr * rate_factor(done, total)
            with sync_errors():
                batch = self._part(chosen, cache, generator)
            losses.append(self.learner.step(batch, len(batch.labels) / len(chosen)))
            sizes.append(len(chosen))
            with sync_errors():
                if progress:
                    progress(done + 1, total, f"epoch {epoch + 1}/{config.epochs}")
        found = np.array(summed(torch.stack(losses)).tolist())
        with sync_errors():
            if not np.isfinite(found).all():
                raise InputError(
                    f"training diverged in epoch {epoch + 1}", self.out, "try a lower --lr"
                )
        loss, cls, tad = np.average(found, axis=0, weights=sizes)
        return {"lr": self.learner.rate, "loss": loss, "loss_cls": cls, "loss_tad": tad}

    def _part(self, chosen: np.ndarray, cache: SliceCache, generator: torch.Generator) -> Batch:
        """This process's part of a batch, augmented by the draws for the whole."""
        own = share(len(chosen))
        draw = draws(len(chosen), generator)[own]
        return augmented(cache.batch(chosen[own], self.device), self.config.augment == "all", draw)

    def _validation(self, kept: ImageCache) -> dict[str, float]:
        found = self._logits(self.val_cases, kept)
        return validation_columns(self.val_cases, found, self.config.gamma)

    def _slices(self, cases: Sequence[DatasetCase]) -> JoinedSlices:
        return JoinedSlices([CaseSlices(case, self.spec) for case in cases])

    def _logits(self, cases: Sequence[DatasetCase], kept: ImageCache | None = None) -> list[Tensor]:
        """N×2 of each case's slices, by the average of the weights.

        ``kept`` holds the slices of those cases that are this process's own.
        """
        net, dtype, batch = self.learner.averaged, self.learner.dtype, 2 * self.config.batch_size
        predictor = Predictor(net, self.spec, self.device, dtype, prepared=False, batch=batch)

        def of(own: Sequence[DatasetCase]) -> list[Tensor]:
            return logits_by_case(predictor, own, kept or self._slices(own))

        return broadcast_parts(of, cases)

    def _outcome(self, state: RunState) -> dict[str, Any]:
        """Metadata of the model file: the best epoch's weights, calibrated and tested."""
        best = state.history[state.best_epoch]
        metrics: dict[str, Any] = {
            "best_epoch": state.best_epoch,
            "val_image_auc": best["val_image_auc"],
            "val_case_auc": best["val_case_auc"],
        }
        # Fitted on validation cases alone: the test cases judge it like everything else.
        labels = [case.label for case in self.val_cases]
        calibration = fit(labels, [margins(one) for one in self._logits(self.val_cases)])
        test = self.dataset.split("test")
        if test:
            metrics |= tested(test, self._logits(test), self.config, calibration)
        return {
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


def _trainable(dataset: Dataset) -> tuple[list[DatasetCase], list[DatasetCase]]:
    train, val = dataset.split("train"), dataset.split("val")
    dataset.require_classes(train, "training cases")
    dataset.require_classes(val, "validation cases")
    return train, val
