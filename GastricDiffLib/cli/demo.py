"""``gastricdiff demo``."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from GastricDiffLib import CLASSES
from GastricDiffLib.cli.arguments import add_device, add_seed
from GastricDiffLib.cli.command import Command
from GastricDiffLib.cli.console import Console

_FIRST_SEED = 900_000
"""Far from the seed of the demo model's cohort: it has never seen this case."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of this command."""
    parser.add_argument("--out", type=Path, default=Path("gastricdiff-demo"), help="output folder")
    add_device(parser)
    add_seed(parser)


def run(options: argparse.Namespace, console: Console) -> None:
    """Make a phantom and classify it."""
    from GastricDiffLib.cli.classify import classify_case
    from GastricDiffLib.cohort.manifest import read_cohort
    from GastricDiffLib.ct import read_roi, read_volume
    from GastricDiffLib.phantom import write_cohort

    with tempfile.TemporaryDirectory() as folder:
        row = read_cohort(write_cohort(Path(folder) / "phantom", 2, options.seed + _FIRST_SEED))[0]
        volume, rois = read_volume(row.image), read_roi(row.roi)
    classify_case(volume, rois, options.out, console, device=options.device)
    console.note(f"the phantom was made {CLASSES[row.label]}")


COMMAND = Command("classify a phantom CT by the bundled demo model", add_arguments, run, order=10)
