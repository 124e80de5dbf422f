"""What is wrong with numbers that are no CT, so described that the user can correct it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from GastricDiffLib.errors import InputError

_SPACING_TOLERANCE = 0.1
"""Part of a slice's spacing by which it may stand off: files round positions to 0.1 mm."""
_NAMED_GAPS = 3


def check_hu(values: NDArray[Any], where: object = "") -> None:
    """Raise InputError unless the array can be a CT in Hounsfield units.

    Every CT holds air or fat and therefore values below zero.
    """
    low = int(values.min())
    if low < 0:
        return
    high = int(values.max())
    place = f"{where}, values {low}…{high}".lstrip(", ")
    if high <= 255:
        raise InputError(
            "the volume is not in Hounsfield units, it looks like a grey-scale picture",
            place,
            "export the original CT, without a window applied",
        )
    raise InputError(
        "the volume is not in Hounsfield units, no value is below zero",
        place,
        "these may be raw scanner values: apply the rescale slope and intercept, "
        "most often by subtracting 1024",
    )


def check_extent(shape: Sequence[int], most_voxels: int | None, where: object = "") -> None:
    """Raise InputError where a volume of that shape has more voxels than the bound, if any."""
    if most_voxels is not None and math.prod(shape) > most_voxels:
        raise InputError(
            "the volume is too large",
            f"{math.prod(shape):.3g} voxels in {where}, at most {most_voxels:.3g}",
            "crop it, or export thicker slices",
        )


def may_be_ct(modality: str) -> bool:
    """Whether the modality that a file names is CT, or none."""
    return modality.strip().upper().removeprefix("MET_MOD_") in ("", "CT", "UNKNOWN")


def not_ct(modality: str, where: object = "") -> InputError:
    """The error for a file of another modality."""
    return InputError(f"the modality is {modality.strip()}, not CT", where, "give a CT")


def check_even(
    positions: NDArray[np.float64], where: object = "", direction: int | None = None
) -> None:
    """Raise InputError unless slices at ``positions`` (N, 3), LPS mm, in order, are even.

    A missing slice is named by the positions that it would stand between, named along the
    LPS axis ``direction``, or along the stack when that is None.
    """
    steps = np.diff(positions, axis=0)
    gaps = np.linalg.norm(steps, axis=1)
    usual = float(np.median(gaps))
    along = np.concatenate([[0.0], np.cumsum(gaps)])
    if direction is not None:
        along = positions[:, direction]
    odd = np.flatnonzero(np.abs(gaps - usual) > _SPACING_TOLERANCE * usual)
    if odd.size:
        missing = np.rint(gaps[odd] / usual)
        whole = np.abs(gaps[odd] - missing * usual) <= _SPACING_TOLERANCE * usual * missing
        places = [f"{along[n]:.1f} and {along[n + 1]:.1f} mm" for n in odd]
        named = f"between {', '.join(places[:_NAMED_GAPS])}"
        if len(places) > _NAMED_GAPS:
            named += f" and {len(places) - _NAMED_GAPS} other places"
        if (whole & (missing >= 2)).all():
            count = int(missing.sum() - len(odd))
            what = "slice missing" if count == 1 else f"{count} slices missing"
            raise InputError(what, f"{named} in {where}", "export the series complete")
        raise InputError(
            "the slices are not evenly spaced",
            f"{gaps.min():.2f} to {gaps.max():.2f} mm, most often {usual:.2f} mm; odd {named} "
            f"in {where}",
            "export one evenly spaced reconstruction",
        )
    line = np.linspace(positions[0], positions[-1], len(positions))
    off = np.linalg.norm(positions - line, axis=1)
    if off.max() > usual / 2:
        raise InputError(
            "the slices do not stand in a straight row",
            f"at {along[int(off.argmax())]:.1f} mm, {off.max():.1f} mm beside it, in {where}",
            "export one evenly spaced reconstruction",
        )
