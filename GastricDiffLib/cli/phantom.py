"""``gastricdiff phantom``."""

from __future__ import annotations

import argparse
from pathlib import Path

from GastricDiffLib.cli.arguments import add_seed
from GastricDiffLib.cli.command import Command
from GastricDiffLib.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of this command."""
    parser.add_argument("out", type=Path, help="new folder")
    parser.add_argument("--cases", type=int, default=60, help="number of cases")
    parser.add_argument("--difficulty", type=float, help="0 (easy) to 1 (hard)")
    add_seed(parser)


def run(options: argparse.Namespace, console: Console) -> None:
    """Write a synthetic cohort."""
    from GastricDiffLib.phantom import DEFAULT_DIFFICULTY, write_cohort

    difficulty = DEFAULT_DIFFICULTY if options.difficulty is None else options.difficulty
    path = write_cohort(options.out, options.cases, options.seed, difficulty, console.progress)
    console.result(cohort=path, cases=options.cases)


COMMAND = Command("write a synthetic labelled cohort", add_arguments, run, order=20)
