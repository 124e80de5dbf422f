"""DICOM images sorted into series, and the rule that chooses one of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from GastricDiffLib.ct.checks import check_even, may_be_ct, not_ct
from GastricDiffLib.ct.grid import OFF_AXIS_TOLERANCE, Grid
from GastricDiffLib.ct.io.dicom_headers import Header
from GastricDiffLib.errors import InputError

_SAME_PLACE_MM = 1e-3
_LISTED = 12
_NUMBER = re.compile(r"[+-]?[0-9]{1,12}")


@dataclass(eq=False)
class Series:
    """Images of one series that share orientation, matrix and pixel spacing."""

    headers: list[Header] = field(default_factory=list)

    @property
    def first(self) -> Header:
        """The image whose header speaks for the series."""
        return self.headers[0]

    @property
    def name(self) -> str:
        """How messages call it: never by UID or anything about the patient."""
        number = self.first.number
        # A damaged or hostile header can hold any text there.
        return f"series {number}" if _NUMBER.fullmatch(number) else "the series without number"

    @property
    def listing(self) -> str:
        """Name, description and size, for a list to choose from."""
        described = f" '{self.first.description}'" if self.first.description else ""
        kind = self.first.modality or "no modality"
        return f"{self.name}{described} ({kind}, {len(self.headers)} slices)"

    @property
    def normal(self) -> NDArray[np.float64]:
        """Unit vector at right angles to the slices, (3,), LPS."""
        normal: NDArray[np.float64] = np.cross(self.first.row, self.first.column)
        normal /= np.linalg.norm(normal)
        return normal

    def accepts(self, header: Header) -> bool:
        """Whether ``header`` belongs here. Exports may have emptied the UIDs."""
        mine = self.first
        return (
            (mine.series_uid, mine.number, mine.modality, mine.size)
            == (header.series_uid, header.number, header.modality, header.size)
            and (mine.series_uid != "" or mine.description == header.description)
            and np.allclose(mine.spacing, header.spacing, rtol=1e-3)
            and np.allclose(mine.row, header.row, atol=OFF_AXIS_TOLERANCE)
            and np.allclose(mine.column, header.column, atol=OFF_AXIS_TOLERANCE)
        )

    def matches(self, wanted: str) -> bool:
        """Whether ``wanted`` names this series: number, description or UID."""
        names = (self.first.number, self.first.description, self.first.series_uid)
        return any(name and name.casefold() == wanted.casefold() for name in names)

    def mean_gap_mm(self) -> float:
        """Mean distance of neighbouring slices."""
        along = [float(header.position @ self.normal) for header in self.headers]
        return (max(along) - min(along)) / max(len(along) - 1, 1)

    def stack(self) -> tuple[list[Header], Grid, list[str]]:
        """The images in order along the normal, their grid, and notes.

        Raises
        ------
        InputError
            For fewer than two slices, several images at one place, a missing slice or uneven
            spacing.
        """
        normal = self.normal
        ordered = sorted(self.headers, key=lambda header: float(header.position @ normal))
        ordered, notes = self._without_copies(ordered)
        if len(ordered) < 2:
            raise InputError("a single slice is no volume", self.name, "export the series complete")
        positions = np.array([header.position for header in ordered])
        axis = int(np.abs(normal).argmax())
        upright = abs(normal[axis]) > 0.9
        shared = np.flatnonzero(np.diff(positions @ normal) <= _SAME_PLACE_MM)
        if shared.size:
            raise InputError(
                "several images at the same position",
                f"{positions[shared[0], axis]:.1f} mm in {self.name} of {len(ordered)} images",
                "export one phase of the examination alone",
            )
        check_even(positions, self.name, axis if upright else None)
        matrix = np.eye(4)
        matrix[:3, 0] = self.first.row * self.first.spacing[0]
        matrix[:3, 1] = self.first.column * self.first.spacing[1]
        matrix[:3, 2] = (positions[-1] - positions[0]) / (len(positions) - 1)
        matrix[:3, 3] = positions[0]
        width, height = self.first.size
        return ordered, Grid((len(ordered), height, width), matrix), notes

    def _without_copies(self, ordered: list[Header]) -> tuple[list[Header], list[str]]:
        """Drop files that hold the same image again, as when a series was exported twice."""
        seen: set[str] = set()
        kept = []
        for header in ordered:
            if not header.instance_uid or header.instance_uid not in seen:
                kept.append(header)
            seen.add(header.instance_uid)
        copies = len(ordered) - len(kept)
        notes = [f"{copies} files of {self.name} are copies and were left out"] if copies else []
        return kept, notes


def group(headers: Sequence[Header]) -> list[Series]:
    """Sort images into series; one series with two orientations becomes two."""
    found: list[Series] = []
    for header in headers:
        home = next((series for series in found if series.accepts(header)), None)
        if home is None:
            home = Series()
            found.append(home)
        home.headers.append(header)
    return found


def choose(found: Sequence[Series], wanted: str | int | None, where: object) -> Series:
    """The series that ``wanted`` names, else the CT series with the most slices.

    Equal numbers of slices: the thinner spacing, then the lower series number.

    Raises
    ------
    InputError
        For a name that fits none, or when there is no CT.
    """
    candidates = list(found)
    if wanted is not None:
        candidates = [series for series in found if series.matches(str(wanted).strip())]
        if not candidates:
            listed = "; ".join(series.listing for series in found[:_LISTED])
            more = f"; and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
            raise InputError(
                f"no series {str(wanted).strip()!r}",
                where,
                f"choose by number or description: {listed}{more}",
            )
    of_ct = [series for series in candidates if may_be_ct(series.first.modality)]
    if not of_ct:
        kinds = {series.first.modality for series in candidates}
        raise not_ct(", ".join(sorted(kinds)), where)
    return min(of_ct, key=_rank)


def _rank(series: Series) -> tuple[int, float, float]:
    number = series.first.number
    order = float(number) if number.lstrip("+-").isdigit() else float("inf")
    return -len(series.headers), round(series.mean_gap_mm(), 3), order
