"""``gastricdiff compare``."""

from __future__ import annotations

import argparse
from pathlib import Path

from GastricDiffLib import RESEARCH_USE
from GastricDiffLib.cli.arguments import add_device, add_seed, count
from GastricDiffLib.cli.command import Command
from GastricDiffLib.cli.console import Console
from GastricDiffLib.cli.settings import add_settings, settings_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of this command."""
    parser.add_argument("dataset", type=Path, help="a dataset folder")
    parser.add_argument("--out", type=Path, required=True, help="its folder; continues there")
    parser.add_argument("--systems", metavar="A,B", help="by name (default: all)")
    parser.add_argument("--folds", type=int, help="K folds by patient (default: its own split)")
    parser.add_argument("--repeats", type=count, default=1, help="seeds, from --seed on")
    parser.add_argument("--workers", type=count, default=1, help="runs at a time, on a CPU")
    add_settings(parser, leave_out=("system",))
    add_device(parser)
    add_seed(parser)


def run(options: argparse.Namespace, console: Console) -> None:
    """Train several systems on the same cases, and report."""
    from GastricDiffLib.cohort.dataset import Dataset
    from GastricDiffLib.compare import ComparisonPlan
    from GastricDiffLib.compare import compare as run_all
    from GastricDiffLib.compare.files import REPORT, write_comparison
    from GastricDiffLib.compare.results import collect
    from GastricDiffLib.compare.tables import CSV_FILES
    from GastricDiffLib.compare.verdict import verdict
    from GastricDiffLib.nets import SYSTEMS
    from GastricDiffLib.train.distributed import is_main, sync_errors

    systems = [name.strip() for name in options.systems.split(",")] if options.systems else SYSTEMS
    seeds = range(options.seed, options.seed + options.repeats)
    with sync_errors():
        plan = ComparisonPlan(tuple(systems), options.folds, tuple(seeds), settings_of(options))
        dataset = Dataset.open(options.dataset)
    outcomes = run_all(
        dataset, plan, options.out, options.device, options.workers, console.progress, console.log
    )
    console.end_progress()
    if not is_main():
        return
    results = collect(dataset, outcomes)
    baselines = write_comparison(options.out, dataset, plan, results)
    if not options.events:
        print(*verdict(results, baselines), sep="\n", end="\n\n")
    paths = {name: options.out / name for name in (*CSV_FILES, REPORT)}
    console.result(**paths, note=RESEARCH_USE)


COMMAND = Command(
    "train and judge several systems by one protocol", add_arguments, run, order=50, joint=True
)
