"""The peak memory of this process."""

from __future__ import annotations

import sys


def peak_mib() -> float | None:
    """The most memory that was resident at any time, in MiB; None where the system tells none."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
