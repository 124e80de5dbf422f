"""The learning rate over a run."""

from __future__ import annotations

import math

WARM_UP = 0.1  # share of all steps


def rate_factor(done: int, total: int) -> float:
    """Of the highest rate, before step ``done`` of ``total``.

    Linear warm-up, then half a cosine down to a hundredth.
    """
    share = done / total
    if share < WARM_UP:
        return max(share, 1 / total) / WARM_UP
    turn = math.pi * (share - WARM_UP) / (1 - WARM_UP)
    return 0.01 + 0.99 * (1 + math.cos(turn)) / 2
