"""A case's report for people: one HTML page with its picture, and the numbers as CSV."""

from __future__ import annotations

import base64
from pathlib import Path

from GastricDiffLib import RESEARCH_USE
from GastricDiffLib.app.result import boxes_of
from GastricDiffLib.errors import InputError
from GastricDiffLib.files import new_folder
from GastricDiffLib.results.case_result import CaseResult
from GastricDiffLib.results.files import CASE, OVERVIEW, SLICES, write_case, write_slices
from GastricDiffLib.results.tables import case_table, slice_table
from GastricDiffLib.scene import result_from_nodes, roi_from_node, volume_from_node
from GastricDiffLib.scene.mrml import VolumeNode
from GastricDiffLib.templates import render

REPORT, FOLDER = "report.html", "GastricDiff report"


def write_report(parent: Path | str, volume_node: VolumeNode) -> Path:
    """Write report, picture and tables of the CT's result into a new folder below ``parent``.

    It holds neither the CT's name nor any path. Returns the folder.

    Raises
    ------
    InputError
        When the CT has no result, its box was removed, or the folder cannot be written.
    """
    from GastricDiffLib.results.overview import write_overview

    result = result_from_nodes(volume_node)
    if result is None:
        raise InputError("there is no result yet", hint="classify this CT first")
    nodes = boxes_of(volume_node)
    if not nodes:
        raise InputError("the result's box was removed", hint="classify again with a box")
    volume, boxes = volume_from_node(volume_node), [roi_from_node(node) for node in nodes]
    with new_folder(_free(Path(parent))) as folder:
        write_slices(folder / SLICES, result)
        write_case(folder / CASE, result)
        write_overview(folder / OVERVIEW, volume, boxes, result)
        page = report_page(result, (folder / OVERVIEW).read_bytes())
        (folder / REPORT).write_text(page, encoding="utf-8")
        name = folder.name
    return Path(parent) / name


def report_page(result: CaseResult, picture: bytes) -> str:
    """The page, with the picture (PNG) inside of it."""
    columns = slice_table(result)
    cells = zip(*(column.tolist() for column in columns.values()), strict=True)
    return render(
        "app/report.html",
        use=RESEARCH_USE,
        vote=result.vote,
        image=base64.b64encode(picture).decode("ascii"),
        facts=[(key, _text(value)) for key, value in case_table(result).items()],
        columns=list(columns),
        rows=list(cells),
    )


def _text(value: object) -> str:
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)


def _free(parent: Path) -> Path:
    """The first name for the folder that is not taken."""
    number, path = 1, parent / FOLDER
    while path.exists():
        number += 1
        path = parent / f"{FOLDER} {number}"
    return path
