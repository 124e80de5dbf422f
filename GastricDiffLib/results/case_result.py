"""What classifying one case yields. Plain numpy: the scene room reads it without torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from GastricDiffLib.ct.grid import Grid


@dataclass(frozen=True, eq=False)
class ModelCard:
    """What a result must tell about the model that made it.

    ``metadata`` is the JSON of the model file's ``gastricdiff`` key, whole.
    """

    name: str
    sha256: str
    system: str
    scope: str
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class CaseResult:
    """Probabilities, heat and vote of one case.

    Arrays over the N classified slices, in order of ``slice_index``:

    - ``slice_index``: (N,) int, index along the volume's own slice axis;
    - ``position_mm``: (N,) float, S coordinate of the slice (RAS S = LPS z), mm;
    - ``in_roi``: (N,) bool, the slice plane cuts the ROI;
    - ``p``: (N,) float32, probability of the positive class.

    ``heat`` is float32 in 0…1 on ``grid``, the input's own grid, array order (K, J, I);
    0 where no slice was classified. ``classes`` is (negative, positive).
    """

    slice_index: np.ndarray
    position_mm: np.ndarray
    in_roi: np.ndarray
    p: np.ndarray
    threshold: float
    classes: tuple[str, str]
    heat: np.ndarray
    heat_kind: str
    grid: Grid
    model: ModelCard
    device: str
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def slice_votes(self) -> np.ndarray:
        """(N,) bool: the slice votes for the positive class."""
        return self.p >= self.threshold

    @property
    def votes_positive(self) -> int:
        return int(np.count_nonzero(self.slice_votes))

    @property
    def votes_negative(self) -> int:
        return len(self.p) - self.votes_positive

    @property
    def p_mean(self) -> float:
        return float(np.mean(self.p, dtype=np.float64))

    @property
    def vote(self) -> str:
        """The class that most slices vote for; a tie is broken by the mean probability."""
        ahead = self.votes_positive - self.votes_negative
        positive = ahead > 0 or (ahead == 0 and self.p_mean >= self.threshold)
        return self.classes[int(positive)]
