"""``gastricdiff train``."""

from __future__ import annotations

import argparse
from pathlib import Path

from GastricDiffLib.cli.arguments import add_device, add_seed
from GastricDiffLib.cli.command import Command
from GastricDiffLib.cli.console import Console
from GastricDiffLib.cli.settings import add_settings, settings_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of this command."""
    parser.add_argument("dataset", type=Path, help="a dataset folder, or a cohort.csv")
    parser.add_argument("--out", type=Path, required=True, help="the run's folder; continues there")
    add_settings(parser)
    parser.add_argument("--weights", type=Path, help="ImageNet weights to start from, .safetensors")
    parser.add_argument("--note", default="", help="what a user of the model must know")
    add_device(parser)
    add_seed(parser)


def run(options: argparse.Namespace, console: Console) -> None:
    """Train, or continue a run."""
    from GastricDiffLib.cohort.dataset import Dataset
    from GastricDiffLib.train.config import TrainConfig
    from GastricDiffLib.train.distributed import is_main, sync_errors
    from GastricDiffLib.train.loop import Trainer

    with sync_errors():
        config = TrainConfig(seed=options.seed, **settings_of(options))
        root = options.dataset
        if root.is_file():
            root = options.out / "dataset"
            if is_main():
                _export_into(root, options, console)
    with sync_errors():
        dataset = Dataset.open(root)
    trainer = Trainer(dataset, config, options.out, options.device, options.note, options.weights)
    metadata = trainer.run(console.progress)
    console.result(
        model=options.out / "model.safetensors",
        history=options.out / "history.csv",
        plot=options.out / "history.png",
        **{name: value for name, value in metadata["metrics"].items() if value is not None},
    )


def _export_into(root: Path, options: argparse.Namespace, console: Console) -> None:
    """The dataset of a ``cohort.csv`` inside the run's folder; what is there already is kept.

    The key lies beside the run's folder, which may be passed on.
    """
    from GastricDiffLib.cohort.export import export_cohort
    from GastricDiffLib.cohort.pseudonyms import default_key

    key = default_key(options.out.absolute())
    export_cohort(options.dataset, root, seed=options.seed, progress=console.progress, key=key)


COMMAND = Command("train a system on a dataset", add_arguments, run, order=40, joint=True)
