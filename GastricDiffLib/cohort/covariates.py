"""Which further columns of ``cohort.csv`` go along into the dataset."""

from __future__ import annotations

import re
from collections.abc import Sequence

from GastricDiffLib.cohort.manifest import CohortRow
from GastricDiffLib.errors import InputError

LARGEST = 10_000
MOST_CATEGORIES = 12
LONGEST_CATEGORY = 32
_IDENTIFYING = re.compile(
    r"(?<![a-z])(id|ids|mrn|pid|uid|uuid|ssn|no|nr|num|number|code|name|initials?|date|dob|day|month"
    r"|year|birth\w*|born|time|phone|tel|zip|post\w*|address|accession|insurance|record|room"
    r"|station|path|file|folder)(?![a-z])"
)

_PLAIN_NUMBER = re.compile(r"[+-]?(0|[1-9]\d*)(\.\d+)?")


def carried_columns(
    rows: Sequence[CohortRow], named: Sequence[str] | None
) -> tuple[list[str], list[str]]:
    """The columns that go along, and those that stay behind; both in the file's order.

    With ``named`` exactly these go: numbers, or up to 12 different texts of at most 32
    characters. Otherwise those go that hold numbers below 10,000 alone and whose name
    names no id, person, date or place: a longer number may be a hospital's own for the
    patient, and a text may be anything.

    Raises
    ------
    InputError
        A named column does not exist or is no covariate.
    """
    columns = list(rows[0].extra)
    if named is None:
        carried = [column for column in columns if _harmless(column, rows)]
    else:
        for column in named:
            _check(column, columns, rows)
        carried = [column for column in columns if column in named]
    return carried, [column for column in columns if column not in carried]


def covariates(row: CohortRow, columns: Sequence[str]) -> dict[str, float | str | None]:
    """The values of a case; numbers as numbers, None where the cell is empty."""
    values: dict[str, float | str | None] = {}
    for column in columns:
        text = row.extra[column]
        number = _number(text)
        values[column] = (text or None) if number is None else number
    return values


def _number(text: str) -> float | None:
    # float() takes "007" and "nan" too: the one is an id, the other none
    if not _PLAIN_NUMBER.fullmatch(text):
        return None
    number = float(text)
    return int(number) if number.is_integer() else number


def _harmless(column: str, rows: Sequence[CohortRow]) -> bool:
    # "PatientID", "birthYear": words that only a capital letter parts
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column).lower()
    if _IDENTIFYING.search(words):
        return False
    numbers = [_number(row.extra[column]) for row in rows if row.extra[column]]
    return bool(numbers) and all(n is not None and abs(n) < LARGEST for n in numbers)


def _check(column: str, columns: Sequence[str], rows: Sequence[CohortRow]) -> None:
    if column not in columns:
        held = ", ".join(columns) or "none"
        raise InputError(f"no column {column!r} to carry along", hint=f"further columns: {held}")
    texts = {row.extra[column] for row in rows if _number(row.extra[column]) is None}
    if len(texts) > MOST_CATEGORIES or any(len(text) > LONGEST_CATEGORY for text in texts):
        raise InputError(
            f"column {column!r} holds neither numbers nor a few short categories",
            hint=f"carry numbers, or up to {MOST_CATEGORIES} different words",
        )
