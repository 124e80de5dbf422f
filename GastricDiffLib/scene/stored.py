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
from GastricDiffLib.scene.results import find_results

_LISTS = ("classes", "notes")
_TEXTS = ("vote", "model", "model_sha256", "system", "scope", "device", "heat", "research_use")


def result_from_nodes(volume_node: Any) -> CaseResult | None:
    """The result that the scene shows of a CT, or None where it shows none.

    Raises InputError when its tables have been edited into something else.
    """
    nodes = find_results(volume_node)
    if nodes is None:
        return None
    try:
        fields = _columns(nodes.case)
        case = {
            name: _value(name, text)
            for name, text in zip(fields["field"], fields["value"], strict=True)
        }
        heat = np.asarray(slicer.util.arrayFromVolume(nodes.heat), dtype=np.float32)
        return result_from_tables(case, _columns(nodes.slices), heat, world_grid(nodes.heat))
    except (KeyError, ValueError, AttributeError) as error:
        raise InputError(
            "the result in the scene cannot be read", f"'{volume_node.GetName()}'", "classify again"
        ) from error


def _columns(table_node: Any) -> dict[str, list[str]]:
    table = table_node.GetTable()
    names = [table.GetColumnName(n) for n in range(table.GetNumberOfColumns())]
    rows = range(table.GetNumberOfRows())
    return {name: [table.GetValueByName(row, name).ToString() for row in rows] for name in names}


def _value(name: str, text: str) -> Any:
    if name in _LISTS:
        return text.split("; ")
    return text if name in _TEXTS else json.loads(text)
