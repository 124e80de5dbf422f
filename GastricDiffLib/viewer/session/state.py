"""All that the page shows, by the names that its templates use."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from GastricDiffLib import RESEARCH_USE
from GastricDiffLib.ct.io.formats import SINGLE_FILE_SUFFIXES
from GastricDiffLib.results.palette import HEAT_FLOOR, heat_rgba
from GastricDiffLib.scene.overlay import DEFAULT_OPACITY
from GastricDiffLib.viewer.limits import Limits


def _colours() -> str:
    """The heat's colours as a CSS gradient, as they look over black."""
    stops = [f"rgba({r * 255:.0f},{g * 255:.0f},{b * 255:.0f},1)" for r, g, b, _ in heat_rgba(9)]
    return f"linear-gradient(to right, {', '.join(stops)})"


@dataclass
class State:
    """First values; JSON all of it.

    ``busy``: what goes on, one of '', 'open', 'wait', 'classify'; ``percent`` of it, −1 where
    that is not known. ``views``: by the view's name its letters at the edges and its slice.
    ``stale``: the box is no longer where it was for the result.
    ``points``: by row of the table x, y in 0…1, vote 0 or 1 and whether the box cuts it.
    """

    research_use: str = RESEARCH_USE
    demo: bool = False
    opened: bool = False
    ct: str = ""
    box: str = ""
    notes: list[str] = field(default_factory=list)
    problem: str = ""
    has_box: bool = False
    drawing: bool = False
    window: str = "abdomen"
    model_title: str = ""
    model_card: str = ""
    model_problem: str = ""
    busy: str = ""
    percent: float = -1
    doing: str = ""
    message: str = ""
    wrong: bool = False
    vote: str = ""
    stale: bool = False
    rows: list[list[str]] = field(default_factory=list)
    points: list[list[float]] = field(default_factory=list)
    positive: str = ""
    axis: list[str] = field(default_factory=list)
    cut_at: float = 0.5
    current: int = -1
    overlay: bool = True
    opacity: float = DEFAULT_OPACITY
    threshold: float = HEAT_FLOOR
    colours: str = field(default_factory=_colours)
    views: dict[str, dict[str, Any]] = field(default_factory=dict)
    upload: float = -1
    most_bytes: int = Limits().upload
    most_files: int = Limits().files
    volume_suffixes: str = ", ".join(SINGLE_FILE_SUFFIXES)


def first_values() -> dict[str, Any]:
    return asdict(State())
