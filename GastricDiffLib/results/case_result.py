"""What classifying one case yields. Plain numpy: the scene package reads it without torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from GastricDiffLib.ct.grid import Grid
from GastricDiffLib.metrics.votes import majority


@dataclass(frozen=True, eq=False)
class ModelCard:
    """What a result keeps of the model that made it.

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

    slice_index: npt.NDArray[np.int_]
    position_mm: npt.NDArray[np.float64]
    in_roi: npt.NDArray[np.bool_]
    p: npt.NDArray[np.float32]
    threshold: float
    classes: tuple[str, str]
    heat: npt.NDArray[np.float32]
    heat_kind: str
    grid: Grid
    model: ModelCard
    device: str
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def slice_votes(self) -> npt.NDArray[np.bool_]:
        """(N,) bool: the slice votes for the positive class."""
        return np.asarray(self.p >= self.threshold)

    @property
    def votes_positive(self) -> int:
        """How many slices vote for the positive class."""
        return int(np.count_nonzero(self.slice_votes))

    @property
    def votes_negative(self) -> int:
        """How many slices vote for the negative class."""
        return len(self.p) - self.votes_positive

    @property
    def p_mean(self) -> float:
        """Mean probability of the positive class over the slices."""
        return float(np.mean(self.p, dtype=np.float64))

    @property
    def vote(self) -> str:
        """The class that most slices vote for; a tie is broken by the mean probability."""
        return self.classes[int(majority(self.slice_votes, self.p_mean, self.threshold))]
