"""A result as the two tables that files and scene show alike: by slice, and by case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from GastricDiffLib import RESEARCH_USE
from GastricDiffLib.ct.grid import Grid
from GastricDiffLib.results.case_result import CaseResult, ModelCard

FORMAT_VERSION = 1


def slice_table(result: CaseResult) -> dict[str, npt.NDArray[Any]]:
    """Columns by name, each over the N classified slices in the result's order.

    ``slice`` (int), ``position_mm`` (float, S coordinate), ``in_roi`` (int, 0 or 1),
    ``p_<positive class>`` (float, 0…1) and ``vote`` (the slice's class name).
    """
    return {
        "slice": np.asarray(result.slice_index, dtype=np.int64),
        "position_mm": np.round(np.asarray(result.position_mm, dtype=np.float64), 4),
        "in_roi": np.asarray(result.in_roi, dtype=np.int64),
        f"p_{result.classes[1]}": np.round(np.asarray(result.p, dtype=np.float64), 6),
        "vote": np.array(result.classes)[result.slice_votes.astype(int)],
    }


def case_table(result: CaseResult) -> dict[str, Any]:
    """The case's fields by name, plain JSON values."""
    negative, positive = result.classes
    return {
        "vote": result.vote,
        "p_mean": round(result.p_mean, 6),
        f"votes_{positive}": result.votes_positive,
        f"votes_{negative}": result.votes_negative,
        "threshold": float(result.threshold),
        "model": result.model.name,
        "model_sha256": result.model.sha256,
        "system": result.model.system,
        "scope": result.model.scope,
        "device": result.device,
        "seconds": round(float(result.seconds), 3),
        "classes": [negative, positive],
        "heat": result.heat_kind,
        "notes": list(result.notes),
        "research_use": RESEARCH_USE,
        "format_version": FORMAT_VERSION,
    }


def result_from_tables(
    case: Mapping[str, Any],
    slices: Mapping[str, Sequence[Any]],
    heat: npt.NDArray[np.float32],
    grid: Grid,
) -> CaseResult:
    """The result that ``case_table`` and ``slice_table`` were made from.

    Parameters
    ----------
    case
        As from ``case_table``.
    slices
        As from ``slice_table``; cells may be text.
    heat
        float32 (K, J, I) in 0…1.
    grid
        The heat's, in LPS mm.

    Raises
    ------
    KeyError
        When a field or column is missing.
    ValueError
        When one holds something else, or the heat is not on the grid.
    """
    negative, positive = (str(name) for name in case["classes"])
    threshold = float(case["threshold"])
    p = np.array(slices[f"p_{positive}"], dtype=np.float32)
    for_positive = np.array([str(vote) == positive for vote in slices["vote"]])
    # Six decimals may have carried a probability over the threshold: the vote as written holds.
    low, high = np.nextafter(np.float32(threshold), np.array([0, 1], dtype=np.float32))
    wrong = (p >= threshold) != for_positive
    p[wrong] = np.where(for_positive[wrong], high, low)
    if heat.shape != grid.shape:
        raise ValueError(f"heat {heat.shape} is not on the grid {grid.shape}")
    name, sha256, system, scope = (
        str(case[key]) for key in ("model", "model_sha256", "system", "scope")
    )
    return CaseResult(
        slice_index=np.array(slices["slice"], dtype=np.int64),
        position_mm=np.array(slices["position_mm"], dtype=np.float64),
        in_roi=np.array(slices["in_roi"], dtype=np.int64).astype(bool),
        p=p,
        threshold=threshold,
        classes=(negative, positive),
        heat=heat,
        heat_kind=str(case["heat"]),
        grid=grid,
        model=ModelCard(name, sha256, system, scope),
        device=str(case["device"]),
        seconds=float(case["seconds"]),
        notes=tuple(str(note) for note in case.get("notes", ())),
    )


def roi_runs(result: CaseResult) -> list[tuple[float, float]]:
    """Where the ROI reaches along S: (low, high) in mm of each unbroken run of slices.

    Half a slice is added at either end, so that one slice too has an extent.
    """
    order = np.argsort(result.position_mm)
    position = np.asarray(result.position_mm, dtype=float)[order]
    inside = np.asarray(result.in_roi, dtype=bool)[order]
    half = slice_distance_mm(result) / 2
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(int)))
    return [
        (float(position[first] - half), float(position[end - 1] + half))
        for first, end in edges.reshape(-1, 2)
    ]


def slice_distance_mm(result: CaseResult) -> float:
    """The distance of neighbouring classified slices in mm; the grid's own for one slice."""
    if len(result.position_mm) > 1:
        return float(np.median(np.abs(np.diff(np.sort(result.position_mm)))))
    return float(result.grid.spacing[result.grid.nearest_axes()[2]])
