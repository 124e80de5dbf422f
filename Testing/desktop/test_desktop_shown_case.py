"""The panel shows one patient at a time."""

from __future__ import annotations

from made_results import made_case

from GastricDiffLib.ct.axial import input_hu
from GastricDiffLib.scene import add_roi, add_volume, find_results, show_result
from GastricDiffLib.scene.kinds import nodes_by_class


def test_of_a_ct_chosen_before_nothing_stays_on_the_screen(desktop):
    volume, boxes, result = made_case()
    nodes = []
    for name in ("first", "second"):
        ct = add_volume(desktop.scene, input_hu(volume), volume.grid, name)
        show_result(desktop.scene, ct, add_roi(desktop.scene, boxes[0], f"{name} ROI"), result)
        nodes.append(ct)
    panel = desktop.panel.panel
    for ct in (*nodes, nodes[0]):
        panel.context.messages.info("of the one before")
        panel.context.parameters.ct = ct
        layers = {
            (view.GetBackgroundVolumeID(), view.GetForegroundVolumeID())
            for view in nodes_by_class(desktop.scene, "vtkMRMLSliceCompositeNode")
        }
        assert layers == {(ct.GetID(), find_results(ct).heat.GetID())}
    assert desktop.panel.ui.messageLabel.text == ""
    heat = find_results(nodes[0]).heat.GetID()
    desktop.scene.RemoveNode(nodes[0])
    panel.refresh()
    assert desktop.scene.GetNodeByID(heat) is None
    assert find_results(nodes[1]) is not None
    assert not desktop.faults()
