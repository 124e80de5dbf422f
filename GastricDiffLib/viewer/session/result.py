"""The result of the session's CT as values of the page's state."""

from __future__ import annotations

from typing import Any

from GastricDiffLib.app.result import slice_rows, vote_text
from GastricDiffLib.results.case_result import CaseResult


def result_values(result: CaseResult | None) -> dict[str, Any]:
    """What of the page's state changes with a result; see ``state.State``."""
    if result is None:
        return {"vote": "", "rows": [], "points": [], "axis": [], "current": -1}
    low, high = float(result.position_mm.min()), float(result.position_mm.max())
    x = (result.position_mm - low) / max(high - low, 1e-6)
    return {
        "vote": vote_text(result),
        "rows": [list(row) for row in slice_rows(result)],
        "points": [
            [round(float(value), 4) for value in point]
            for point in zip(x, result.p, result.slice_votes, result.in_roi, strict=True)
        ],
        "axis": [f"{position:.0f}".replace("-", "−") for position in (low, high)],
        "positive": result.classes[1],
        "cut_at": float(result.threshold),
    }
