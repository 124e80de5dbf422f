"""Arguments that several commands share."""

from __future__ import annotations

import argparse


def add_device(parser: argparse.ArgumentParser) -> None:
    """``--device``: where the network runs."""
    from GastricDiffLib.nets.choices import DEVICES

    parser.add_argument("--device", default=DEVICES[0], help=f"one of {', '.join(DEVICES)}")


def add_seed(parser: argparse.ArgumentParser) -> None:
    """``--seed``: the same number gives the same result."""
    parser.add_argument("--seed", type=_seed, default=0, help="of all random draws")


def count(text: str) -> int:
    """A whole number from 1 on."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return value


def _seed(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("a seed is 0 or more")
    return value
