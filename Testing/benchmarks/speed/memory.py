"""The peak memory of this process."""

from __future__ import annotations

import sys
from pathlib import Path


def peak_mib() -> float | None:
    """The most memory that was resident at any time, in MiB; None where the system counts none."""
    status = Path("/proc/self/status")
    if status.is_file():
        # Since this program began: getrusage counts in what the starter of the process held.
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 2**10
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
