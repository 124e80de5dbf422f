"""The kinds of heat that can be asked for, by name. Without torch: forms and parsers read it.

How each is computed stands in ``inference/heat.py``, the only other place that knows them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HeatKind:
    """``name`` as the command line and ``case.json`` spell it; ``label`` and ``help`` for people.

    ``help`` is the part of a sentence that says what the heat shows.
    """

    name: str
    label: str
    help: str


HEAT_KINDS: dict[str, HeatKind] = {
    kind.name: kind
    for kind in (
        HeatKind("attention", "Attention", "where the network looks (AT-GEN of S4 and S5)"),
        HeatKind(
            "cam", "Class activation map", "what speaks for the case's vote (class activation map)"
        ),
    )
}
"""By name, in the order in which they are offered."""
DEFAULT_HEAT = "attention"
