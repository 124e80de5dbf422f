"""``gastricdiff session``: one visitor's process, which the viewer's server starts."""

from __future__ import annotations

import argparse
from pathlib import Path

from GastricDiffLib.cli.command import Command
from GastricDiffLib.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of this command."""
    parser.add_argument("config", type=Path, help="JSON that the server wrote")


def run(options: argparse.Namespace, console: Console) -> None:
    """Serve one visitor until the server ends the session."""
    from GastricDiffLib.viewer.config import Config
    from GastricDiffLib.viewer.session import run as run_session

    run_session(Config.read(options.config))


COMMAND = Command("serve one visitor of the viewer", add_arguments, run, order=100, hidden=True)
