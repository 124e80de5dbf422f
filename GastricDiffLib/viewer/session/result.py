"""The result of the session's CT as the page shows it."""

from __future__ import annotations

from typing import Any

import numpy as np

from GastricDiffLib.app.result import dress_overlay, jump_to, slice_rows, vote_text
from GastricDiffLib.ct import BoxROI
from GastricDiffLib.errors import InputError
from GastricDiffLib.results.case_result import CaseResult
from GastricDiffLib.scene import find_results, result_from_nodes, roi_from_node
from GastricDiffLib.viewer.session.case import Case


class Result:
    """Read from the scene, whoever put it there."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._result: CaseResult | None = None
        self._box: np.ndarray | None = None

    @property
    def stale(self) -> bool:
        """The box is no longer where it was when the result was read."""
        if self._result is None:
            return False
        now = self._corners()
        same = now is not None and self._box is not None and np.allclose(now, self._box, atol=0.01)
        return not same

    def read(self, box: BoxROI | None = None) -> dict[str, Any]:
        """What of the page's state changes with it; ``box`` it was made with, as far as known."""
        ct = self._case.ct
        self._result = result_from_nodes(ct) if ct is not None else None
        self._box = self._corners() if box is None else box.corners_lps()
        result = self._result
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

    def row_at(self, position_mm: float) -> int:
        """The table's row of the slice at S in mm, −1 where none is near."""
        if self._result is None:
            return -1
        positions = self._result.position_mm
        nearest = int(np.abs(positions - position_mm).argmin())
        step = float(max(self._result.grid.spacing)) if len(positions) < 2 else _step(positions)
        return nearest if abs(positions[nearest] - position_mm) <= 0.51 * step else -1

    def jump(self, row: int) -> None:
        """Turn the views to a row's slice."""
        ct = self._case.ct
        if self._result is not None and ct is not None and 0 <= row < len(self._result.p):
            jump_to(ct.GetScene(), ct, float(self._result.position_mm[row]))

    def dress(self, on: bool, opacity: float, threshold: float) -> None:
        """Lay the heat over the CT, or take it away."""
        ct = self._case.ct
        if ct is not None and find_results(ct) is not None:
            dress_overlay(ct.GetScene(), on, opacity, threshold)

    def _corners(self) -> np.ndarray | None:
        try:
            return roi_from_node(self._case.roi).corners_lps()
        except InputError:
            return None


def _step(positions: np.ndarray) -> float:
    return float(np.abs(np.diff(np.sort(positions))).min())
