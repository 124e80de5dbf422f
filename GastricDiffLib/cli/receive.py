"""``gastricdiff receive``: checks and rewrites an upload, in a process that the viewer starts."""

from __future__ import annotations

import argparse
from pathlib import Path

from GastricDiffLib.cli.command import Command
from GastricDiffLib.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of this command."""
    parser.add_argument("folder", type=Path, help="with upload.json and its files")
    parser.add_argument("--out", type=Path, required=True, help="new folder")
    parser.add_argument("--limits", default="{}", metavar="JSON", help="other than the usual")


def run(options: argparse.Namespace, console: Console) -> None:
    """Write the upload anew, within the limits of this process."""
    from GastricDiffLib.viewer.uploads import Limits, receive_upload

    limits = Limits.from_json(options.limits)
    limits.restrict()
    outcome = receive_upload(options.folder, options.out, limits, console.progress)
    for note in outcome.notes:
        console.note(note)
    console.result(kind=outcome.kind, **{path.name: path for path in outcome.files})


COMMAND = Command("rewrite an upload of the viewer", add_arguments, run, order=110, hidden=True)
