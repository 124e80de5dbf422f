"""How long the command line and the library take to be there.

Baseline: a Python that imports torch, as a script of this kind does first. Ceiling: a Python
that imports nothing.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from statistics import median

from .common import Row, interleaved

_CALLS = {
    "gastricdiff --help": ("-m", "GastricDiffLib", "--help"),
    "import GastricDiffLib": ("-c", "import GastricDiffLib"),
    "torch": ("-c", "import torch"),
    "nothing": ("-c", ""),
}
_LIMITS = {"gastricdiff --help": 0.3, "import GastricDiffLib": 0.1}


def rows(work: Path, quick: bool) -> list[Row]:
    works = {name: lambda call=call: _python(*call) for name, call in _CALLS.items()}
    seconds = interleaved(works, 1 if quick else 9)
    bare = median(seconds["nothing"])
    found = []
    for name, limit in _LIMITS.items():
        value = median(seconds[name])
        if name.startswith("import"):
            # Python's own start is none of the import.
            value = max(value - bare, 1e-3)
        baseline = median(seconds["torch"])
        note = f"at most {limit:g}; {'with' if _brings_torch(name) else 'without'} torch"
        found.append(Row(name, value, "s", baseline, baseline / value, note=note))
    return found


def _python(*call: str) -> str:
    done = subprocess.run([sys.executable, *call], check=True, capture_output=True, text=True)
    return done.stderr


def _brings_torch(name: str) -> bool:
    output = _python("-X", "importtime", *_CALLS[name])
    return any(line.rpartition("|")[2].strip() == "torch" for line in output.splitlines())
