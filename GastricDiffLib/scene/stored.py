"""A result read back from the nodes that show it, such as those of a scene opened again."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import slicer

from GastricDiffLib.errors import InputError
from GastricDiffLib.results.case_result import CaseResult
from GastricDiffLib.results.tables import result_from_tables
from GastricDiffLib.scene.frames import world_grid
from GastricDiffLib.scene.mrml import TableNode, VolumeNode
from GastricDiffLib.scene.results import find_results
from GastricDiffLib.scene.tables import CASE_JSON

_LISTS = ("classes", "notes")
_TEXTS = ("vote", "model", "model_sha256", "system", "scope", "device", "heat", "research_use")
"""Texts, where the table alone holds the case, as in scenes of version 0.1.0 and before."""

_SEEN = ("vote", "p_mean", "threshold", "model_sha256")
"""Fields in which the table and its record must agree."""


def result_from_nodes(volume_node: VolumeNode) -> CaseResult | None:
    """The result that the scene shows of a CT, or None where it shows none.

    Raises
    ------
    InputError
        When its nodes have been edited into something else.
    """
    nodes = find_results(volume_node)
    if nodes is None:
        return None
    try:
        case = _case(nodes.case)
        heat = np.asarray(slicer.util.arrayFromVolume(nodes.heat), dtype=np.float32)
        return result_from_tables(case, _columns(nodes.slices), heat, world_grid(nodes.heat))
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise InputError(
            "the result in the scene cannot be read", f"'{volume_node.GetName()}'", "classify again"
        ) from error


def _columns(table_node: TableNode) -> dict[str, list[str]]:
    table = table_node.GetTable()
    names = [table.GetColumnName(n) for n in range(table.GetNumberOfColumns())]
    rows = range(table.GetNumberOfRows())
    return {name: [table.GetValueByName(row, name).ToString() for row in rows] for name in names}


def _case(table_node: TableNode) -> dict[str, Any]:
    """The fields of ``case.json``, unknown ones included."""
    fields = _columns(table_node)
    table = {
        name: _value(name, text)
        for name, text in zip(fields["field"], fields["value"], strict=True)
    }
    whole = table_node.GetAttribute(CASE_JSON)
    if whole is None:
        return table
    case = dict(json.loads(whole))
    # What people see must be what is read.
    edited = [name for name in _SEEN if table[name] != case[name]]
    if edited:
        raise ValueError(f"the table of the case was edited: {', '.join(edited)}")
    return case


def _value(name: str, text: str) -> Any:
    if name in _LISTS:
        return text.split("; ")
    if name in _TEXTS:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
