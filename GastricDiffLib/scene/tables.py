"""A result's numbers as table nodes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonCore import vtkStringArray
from vtkmodules.vtkCommonDataModel import vtkTable

from GastricDiffLib.results.case_result import CaseResult
from GastricDiffLib.results.tables import case_table, slice_table
from GastricDiffLib.scene.kinds import result_node
from GastricDiffLib.scene.mrml import TableNode, VolumeNode

SLICES = "slices"
CASE = "case"
CASE_JSON = "GastricDiff.CaseJSON"
"""Attribute of the case table: ``case.json`` whole, since in a cell of text a list, a
number and a text look alike."""


def show_slices(volume_node: VolumeNode, result: CaseResult) -> TableNode:
    """The table node ``<CT> slices``, the columns of ``slices.csv``."""
    name = f"{volume_node.GetName()} slices"
    node: TableNode = result_node(volume_node, SLICES, "vtkMRMLTableNode", name)
    fill_table(node, slice_table(result))
    return node


def show_case(volume_node: VolumeNode, result: CaseResult) -> TableNode:
    """The table node ``<CT> case``, the fields of ``case.json`` as ``field`` and ``value``.

    The table is for people; its attribute ``CASE_JSON`` is what a result is read from again.
    """
    name = f"{volume_node.GetName()} case"
    node: TableNode = result_node(volume_node, CASE, "vtkMRMLTableNode", name)
    case = case_table(result)
    fields = {key: value for key, value in case.items() if value != []}
    columns = {
        "field": np.array(list(fields)),
        "value": np.array([_text(value) for value in fields.values()]),
    }
    fill_table(node, columns)
    node.SetAttribute(CASE_JSON, json.dumps(case))
    return node


def fill_table(node: TableNode, columns: Mapping[str, NDArray[Any]]) -> None:
    """Give a table node new content, (N,) numbers or strings a column, closed to typing."""
    table = vtkTable()
    for name, values in columns.items():
        if values.dtype.kind in "US":
            column = vtkStringArray()
            for value in values:
                column.InsertNextValue(str(value))
        elif values.dtype.kind in "iu":
            column = numpy_to_vtk(values.astype(np.int32), deep=True)  # type: ignore[no-untyped-call]
        else:
            column = numpy_to_vtk(values.astype(np.float64), deep=True)  # type: ignore[no-untyped-call]
        column.SetName(name)
        table.AddColumn(column)
    node.SetAndObserveTable(table)
    node.SetLocked(True)
    # Without it Slicer's table view heads the columns A, B, C.
    node.SetUseColumnTitleAsColumnHeader(True)


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(str(item) for item in value)
    return value if isinstance(value, str) else json.dumps(value)
