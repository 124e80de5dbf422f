"""A result read back from its nodes, with all that ``case.json`` holds."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from made_results import made_case

from GastricDiffLib.ct.axial import input_hu
from GastricDiffLib.errors import InputError
from GastricDiffLib.results.tables import case_table
from GastricDiffLib.scene import (
    add_roi,
    add_volume,
    find_results,
    load_scene,
    new_scene,
    result_from_nodes,
    save_scene,
    show_result,
)
from GastricDiffLib.scene.tables import CASE_JSON

NOTES = ("tilted by 12.0°; resampled", 'a "quoted" note & <b>', "two\nlines: 5 % off")


@pytest.fixture
def shown():
    """A CT node with a result whose notes hold what separates notes in the table."""
    volume, boxes, result = made_case()
    scene = new_scene()
    ct = add_volume(scene, input_hu(volume), volume.grid)
    result = replace(result, notes=NOTES)
    show_result(scene, ct, add_roi(scene, boxes[0]), result)
    return scene, ct, result


@pytest.fixture
def opened_again(shown, tmp_path):
    """A function: saves the scene, opens it as a new one and returns the CT node there."""
    scenes = []

    def opened_again():
        save_scene(shown[0], tmp_path / "scene.mrb")
        scenes.append(load_scene(tmp_path / "scene.mrb"))  # nodes do not keep it alive
        return scenes[-1].GetFirstNodeByName("CT")

    return opened_again


def column(node, name):
    return [
        node.GetTable().GetValueByName(row, name).ToString()
        for row in range(node.GetTable().GetNumberOfRows())
    ]


def add_row(node, name, text):
    row = node.GetTable().InsertNextBlankRow()
    node.GetTable().SetValueByName(row, "field", name)
    node.GetTable().SetValueByName(row, "value", text)


def test_notes_come_back_from_a_saved_scene_as_they_were(shown, opened_again):
    _, _, result = shown
    again = result_from_nodes(opened_again())
    assert again.notes == NOTES
    assert again.vote == result.vote
    assert again.seconds == result.seconds


def test_the_scene_keeps_case_json_whole(shown, opened_again):
    _, _, result = shown
    case = find_results(opened_again()).case
    assert json.loads(case.GetAttribute(CASE_JSON)) == case_table(result)


def test_people_see_the_same_table_as_before(shown):
    _, ct, result = shown
    case = find_results(ct).case
    table = dict(zip(column(case, "field"), column(case, "value"), strict=True))
    assert list(table) == list(case_table(result))
    assert table["notes"] == "; ".join(NOTES)
    assert table["classes"] == "undifferentiated; differentiated"
    assert table["threshold"] == "0.5"


def test_a_field_of_a_later_version_does_not_keep_the_result_from_being_read(shown, opened_again):
    _, ct, result = shown
    case = find_results(ct).case
    fields = case_table(result) | {"familiar_reason": "as in training", "range": [0.1, 0.2]}
    case.SetAttribute(CASE_JSON, json.dumps(fields))
    add_row(case, "familiar_reason", "as in training")
    assert result_from_nodes(opened_again()).vote == result.vote


@pytest.mark.parametrize("unknown", [False, True])
def test_a_scene_of_the_version_before_is_still_read(shown, opened_again, unknown):
    scene, ct, result = shown
    plain = replace(result, notes=("tilted by 12.0°", "resampled"))
    show_result(scene, ct, scene.GetFirstNodeByClass("vtkMRMLMarkupsROINode"), plain)
    case = find_results(ct).case
    case.SetAttribute(CASE_JSON, None)
    if unknown:
        add_row(case, "remark", "a text that is no JSON")
    again = result_from_nodes(opened_again())
    assert (again.vote, again.threshold) == (result.vote, result.threshold)
    assert again.classes == result.classes
    assert again.notes == plain.notes


@pytest.mark.parametrize("text", ["{", "[]", "3", json.dumps({"vote": "differentiated"})])
def test_a_damaged_record_is_refused_in_one_line(shown, text):
    _, ct, _ = shown
    find_results(ct).case.SetAttribute(CASE_JSON, text)
    with pytest.raises(InputError, match="cannot be read"):
        result_from_nodes(ct)


@pytest.mark.parametrize(("field", "text"), [("vote", "perhaps"), ("p_mean", "0.99")])
def test_a_table_that_somebody_edited_is_refused(shown, field, text):
    _, ct, _ = shown
    case = find_results(ct).case
    case.GetTable().SetValueByName(column(case, "field").index(field), "value", text)
    with pytest.raises(InputError, match="cannot be read"):
        result_from_nodes(ct)
