"""Which trainings a comparison consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.compare.protocol import protocol
from GastricDiffLib.errors import InputError
from GastricDiffLib.nets import SYSTEMS
from GastricDiffLib.train.config import TrainConfig


@dataclass(frozen=True)
class ComparisonPlan:
    """What is compared, and by what protocol.

    Parameters
    ----------
    systems
        Names of ``SYSTEMS``.
    folds
        None for the dataset's own split, or K folds grouped by patient.
    seeds
        Every system is trained once with each; with K folds each seed draws folds of its own.
    settings
        Of :class:`TrainConfig` by name, the same for all systems; its defaults for all others.

    Raises
    ------
    InputError
        An unknown system, one twice, none, or no seed.
    """

    systems: tuple[str, ...] = tuple(SYSTEMS)
    folds: int | None = None
    seeds: tuple[int, ...] = (0,)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        unknown = [name for name in self.systems if name not in SYSTEMS]
        if unknown or not self.systems:
            raise InputError(
                f"--systems {','.join(unknown) or '(none)'}",
                hint=f"choose from {','.join(SYSTEMS)}",
            )
        if len(set(self.systems)) < len(self.systems):
            raise InputError(f"--systems {','.join(self.systems)}", hint="name each once")
        if not self.seeds:
            raise InputError("no seed", hint="ask for 1 repeat or more")
        for system in self.systems:
            self.config(system, self.seeds[0])

    def config(self, system: str, seed: int) -> TrainConfig:
        """The settings of one system's trainings with one seed."""
        return TrainConfig(system=system, seed=seed, **self.settings)

    def runs(self, dataset: Dataset, out: Path) -> list[Run]:
        """Every training, in the order it is done: by seed, then fold, then system.

        So that after an interruption all systems stand equally far.

        Raises
        ------
        InputError
            The dataset does not allow the protocol; see :func:`protocol`.
        """
        found = []
        for seed in self.seeds:
            for fold, split in enumerate(protocol(dataset, self.folds, seed)):
                for system in self.systems:
                    place = f"seed{seed}" + (f"-fold{fold + 1}" if self.folds else "")
                    folder = out / "runs" / system / place
                    found.append(Run(system, seed, fold, split, self.config(system, seed), folder))
        return found

    def to_json(self) -> dict[str, Any]:
        """As it stands beside the results."""
        return {
            "systems": list(self.systems),
            "folds": self.folds,
            "seeds": list(self.seeds),
            "settings": dict(self.settings),
        }


@dataclass(frozen=True)
class Run:
    """One training of one system on one split; ``fold`` from 0."""

    system: str
    seed: int
    fold: int
    dataset: Dataset
    config: TrainConfig
    folder: Path

    @property
    def steps(self) -> int:
        """Optimiser steps at most, roughly: what progress counts in."""
        slices = sum(len(case.roi_slices()) for case in self.dataset.split("train"))
        return max(1, slices // self.config.batch_size) * self.config.epochs
