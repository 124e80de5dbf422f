"""``gastricdiff export``."""

from __future__ import annotations

import argparse
from pathlib import Path

from GastricDiffLib import CLASSES
from GastricDiffLib.cli.arguments import add_seed, count
from GastricDiffLib.cli.command import Command
from GastricDiffLib.cli.console import Console
from GastricDiffLib.errors import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of this command."""
    parser.add_argument("cohort", type=Path, help="cohort.csv")
    parser.add_argument("out", type=Path, help="new folder, or one to continue in")
    parser.add_argument("--classes", default=",".join(CLASSES), help="NEGATIVE,POSITIVE")
    parser.add_argument("--key", type=Path, help="of the pseudonyms (default: OUT.key)")
    parser.add_argument(
        "--carry", metavar="A,B", help="columns to carry along (default: harmless numbers)"
    )
    parser.add_argument("--workers", type=count, help="processes (default: a core each, 8)")
    add_seed(parser)


def run(options: argparse.Namespace, console: Console) -> None:
    """Write a de-identified dataset.

    Raises
    ------
    InputError
        A case could not be exported; all others are in the dataset.
    """
    from GastricDiffLib.cohort.export import export_cases
    from GastricDiffLib.cohort.summary import summary

    classes = [name.strip() for name in options.classes.split(",")]
    if len(classes) != 2 or not all(classes) or classes[0] == classes[1]:
        raise InputError(f"--classes {options.classes}", hint="give NEGATIVE,POSITIVE")
    carry = None if options.carry is None else [name.strip() for name in options.carry.split(",")]
    exported = export_cases(
        options.cohort, options.out, classes, options.seed, console.progress, options.key, carry,
        options.workers,
    )  # fmt: skip
    for note in exported.notes:
        console.note(note)
    console.result(**summary(exported, classes))
    if exported.skipped:
        raise InputError(
            f"{len(exported.skipped)} cases are not in the dataset",
            options.cohort,
            "correct or remove their rows, then run the same command again: the others are kept",
        )


COMMAND = Command(
    "turn a labelled cohort into a de-identified dataset", add_arguments, run, order=30
)
