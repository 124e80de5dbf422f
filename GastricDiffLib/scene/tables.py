"""A result's numbers as table nodes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonCore import vtkStringArray
from vtkmodules.vtkCommonDataModel import vtkTable

from GastricDiffLib.results.case_result import CaseResult
from GastricDiffLib.results.tables import case_table, slice_table
from GastricDiffLib.scene.kinds import result_node

SLICES = "slices"
CASE = "case"


def show_slices(volume_node: Any, result: CaseResult) -> Any:
    """The table node ``<CT> slices``, the columns of ``slices.csv``."""
    name = f"{volume_node.GetName()} slices"
    node = result_node(volume_node, SLICES, "vtkMRMLTableNode", name)
    fill_table(node, slice_table(result))
    return node


def show_case(volume_node: Any, result: CaseResult) -> Any:
    """The table node ``<CT> case``, the fields of ``case.json`` as ``field`` and ``value``."""
    name = f"{volume_node.GetName()} case"
    node = result_node(volume_node, CASE, "vtkMRMLTableNode", name)
    fields = {key: value for key, value in case_table(result).items() if value != []}
    columns = {
        "field": np.array(list(fields)),
        "value": np.array([_text(value) for value in fields.values()]),
    }
    fill_table(node, columns)
    return node


def fill_table(node: Any, columns: Mapping[str, np.ndarray]) -> None:
    """Give a table node new content, (N,) numbers or strings a column, closed to typing."""
    table = vtkTable()
    for name, values in columns.items():
        if values.dtype.kind in "US":
            column = vtkStringArray()
            for value in values:
                column.InsertNextValue(str(value))
        elif values.dtype.kind in "iu":
            column = numpy_to_vtk(values.astype(np.int32), deep=True)
        else:
            column = numpy_to_vtk(values.astype(np.float64), deep=True)
        column.SetName(name)
        table.AddColumn(column)
    node.SetAndObserveTable(table)
    node.SetLocked(True)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(str(item) for item in value)
    return value if isinstance(value, str) else json.dumps(value)
