"""``gastricdiff info``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from GastricDiffLib.cli.command import Command
from GastricDiffLib.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of this command."""
    asked = parser.add_mutually_exclusive_group(required=True)
    asked.add_argument("model", type=Path, nargs="?", help="a .safetensors")
    asked.add_argument("--systems", action="store_true", help="list the systems and their sizes")


def run(options: argparse.Namespace, console: Console) -> None:
    """Print the metadata of a model file, or the systems."""
    if options.systems:
        _list_systems()
        return
    from GastricDiffLib.files import sha256
    from GastricDiffLib.inference.model_file import read_metadata

    metadata = read_metadata(options.model)
    print(json.dumps({"sha256": sha256(options.model)} | metadata, indent=2))


def _list_systems() -> None:
    from GastricDiffLib.nets import SYSTEMS
    from GastricDiffLib.nets.size import system_size

    row = "{:<16}{:>12}{:>15}  {}"
    print(row.format("system", "parameters", "multiply-adds", "what it is"))
    for name, system in SYSTEMS.items():
        size = system_size(name)
        operations = f"{size.multiply_adds / 1e9:.2f} G"
        print(row.format(name, f"{size.parameters:,}", operations, system.summary))
    print("at width 1, with one channel and two classes; multiply-adds: one slice of 224×224")


COMMAND = Command(
    "show what a model file holds, or list the systems", add_arguments, run, order=90, events=False
)
