"""``gastricdiff view``."""

from __future__ import annotations

import argparse
from pathlib import Path

from GastricDiffLib.cli.arguments import add_device, count
from GastricDiffLib.cli.command import Command
from GastricDiffLib.cli.console import Console

PORT = 8642


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of this command."""
    parser.add_argument("ct", type=Path, nargs="?", help="a CT to open with (default: a phantom)")
    parser.add_argument("--roi", type=Path, help="its box, Slicer's .mrk.json")
    parser.add_argument("--model", type=Path, help="a .safetensors (default: the demo model)")
    parser.add_argument(
        "--port", type=_port, default=PORT, help="default %(default)s; 0: a free one"
    )
    parser.add_argument("--host", default="127.0.0.1", help="to serve at (default %(default)s)")
    parser.add_argument("--token", action="store_true", help="demand one on this machine too")
    parser.add_argument("--sessions", type=count, default=4, help="at a time (default %(default)s)")
    parser.add_argument(
        "--idle",
        type=_minutes,
        default=15.0,
        metavar="MINUTES",
        help="that a session waits for a browser to come back (default 15)",
    )
    parser.add_argument("--certificate", type=Path, metavar="PEM", help="serve https with it")
    parser.add_argument("--key", type=Path, metavar="PEM", help="of the certificate")
    add_device(parser)


def run(options: argparse.Namespace, console: Console) -> None:
    """Serve the viewer until it is interrupted."""
    from GastricDiffLib.viewer.server.options import Options

    names = ("ct", "roi", "model", "device", "host", "port", "token", "sessions", "certificate")
    given = {name: getattr(options, name) for name in names}
    checked = Options(**given, key=options.key, idle=options.idle * 60).checked()
    # Not before: without the extra there is no server to import.
    from GastricDiffLib.viewer.server.serve import serve

    serve(checked, console)


def _port(text: str) -> int:
    value = int(text)
    if not 0 <= value < 1 << 16:
        raise argparse.ArgumentTypeError("a port is 0 to 65535")
    return value


def _minutes(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError("more than 0 minutes")
    return value


COMMAND = Command("open the tool in a browser", add_arguments, run, order=80)
