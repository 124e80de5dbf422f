"""What can be chosen, spelled as on the command line; the rooms that define it need torch."""

from __future__ import annotations

DEVICES = ["auto", "cpu", "cuda", "mps"]
HEATS = ["attention", "cam"]
SYSTEMS = [
    "vgg19",
    "resnext50",
    "sajja",
    "han",
    "r50-dpn",
    "r50-imp-dpn",
    "r50-tad",
    "r50-imp-dpn-tad",
]
