"""A case's report for people: one HTML page with its picture, and the numbers as CSV."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
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

REPORT, FOLDER = "report.html", "GastricDiff report"

_STYLE = """body{font:15px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222;
background:#fff}h1{font-size:1.5em}table{border-collapse:collapse;margin:1em 0}
td,th{padding:.2em .8em;border-bottom:1px solid #ccc;text-align:left}img{max-width:100%}
.use{font-weight:bold;border:2px solid #a33;padding:.5em 1em}"""


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
        page = render(result, (folder / OVERVIEW).read_bytes())
        (folder / REPORT).write_text(page, encoding="utf-8")
        name = folder.name
    return Path(parent) / name


def render(result: CaseResult, picture: bytes) -> str:
    """The page, with the picture (PNG) inside of it."""
    image = base64.b64encode(picture).decode("ascii")
    facts = [(key, _text(value)) for key, value in case_table(result).items()]
    columns = slice_table(result)
    cells = zip(*(column.tolist() for column in columns.values()), strict=True)
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>GastricDiff: {escape(RESEARCH_USE)}</title>
<style>{_STYLE}</style></head><body>
<p class="use">{escape(RESEARCH_USE)}</p>
<h1>{escape(result.vote)}</h1>
<img alt="Slices with heat, probability by slice" src="data:image/png;base64,{image}">
<h2>Case</h2>
{_table(("field", "value"), facts)}
<h2>Slices</h2>
{_table(tuple(columns), cells)}
</body></html>
"""


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>\n"
        for row in rows
    )
    return f"<table><tr>{titles}</tr>\n{body}</table>"


def _text(value: object) -> str:
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)


def _free(parent: Path) -> Path:
    """The first name for the folder that is not taken."""
    number, path = 1, parent / FOLDER
    while path.exists():
        number += 1
        path = parent / f"{FOLDER} {number}"
    return path
