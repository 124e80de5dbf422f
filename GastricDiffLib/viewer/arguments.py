"""The command line of ``gastricdiff view``, and of the processes that it starts."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

PORT = 8642


def add_view(view: argparse.ArgumentParser, count: Callable[[str], int]) -> None:
    """All but ``--device``, which several commands share; ``count`` reads a number from 1 on."""
    view.add_argument("ct", type=Path, nargs="?", help="a CT to open with (default: a phantom)")
    view.add_argument("--roi", type=Path, help="its box, Slicer's .mrk.json")
    view.add_argument("--model", type=Path, help="a .safetensors (default: the demo model)")
    view.add_argument("--port", type=_port, default=PORT, help="default %(default)s; 0: a free one")
    view.add_argument("--host", default="127.0.0.1", help="to serve at (default %(default)s)")
    view.add_argument("--token", action="store_true", help="demand one on this machine too")
    view.add_argument("--sessions", type=count, default=4, help="at a time (default %(default)s)")
    view.add_argument(
        "--idle",
        type=_minutes,
        default=15.0,
        metavar="MINUTES",
        help="that a session waits for a browser to come back (default 15)",
    )
    view.add_argument("--certificate", type=Path, metavar="PEM", help="serve https with it")
    view.add_argument("--key", type=Path, metavar="PEM", help="of the certificate")


def add_session(session: argparse.ArgumentParser) -> None:
    session.add_argument("config", type=Path)
    session.add_argument("--events", action="store_true")


def add_receive(receive: argparse.ArgumentParser) -> None:
    receive.add_argument("folder", type=Path, help="with upload.json and its files")
    receive.add_argument("--out", type=Path, required=True, help="new folder")
    receive.add_argument("--limits", default="{}", metavar="JSON", help="other than the usual")
    receive.add_argument("--events", action="store_true")


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
