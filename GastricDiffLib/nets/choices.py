"""What can be chosen by name, as on the command line. Imports no torch, unlike what uses it."""

from __future__ import annotations

DEVICES = ("auto", "cpu", "cuda", "mps")
"""Where a network runs; ``auto`` takes a GPU where there is one."""

SCOPES = ("roi", "all")
"""The slices of a case: those that the box cuts, or all."""

MERGES = ("none", "concat", "gate")
"""How the attention map joins the dual-path head's output (paper, section 3.2)."""

NORMALISATIONS = ("l2", "softmax", "minmax")
"""Of an attention map over its pixels (paper, section 3.1)."""
