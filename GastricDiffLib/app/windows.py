"""The display windows that a CT can be shown in."""

from __future__ import annotations

from GastricDiffLib.scene.mrml import VolumeNode
from GastricDiffLib.scene.nodes import ABDOMEN_LEVEL, ABDOMEN_WINDOW

WINDOWS = {
    "abdomen": (ABDOMEN_WINDOW, ABDOMEN_LEVEL),
    "lung": (1500.0, -600.0),
    "bone": (1800.0, 400.0),
}
"""Width and centre in HU."""


def show_first_window(volume_node: VolumeNode) -> None:
    """Show a CT in the abdominal window, unless somebody has set another one already."""
    display = volume_node.GetDisplayNode()
    if display is not None and display.GetAutoWindowLevel():
        show_window(volume_node, "abdomen")


def show_window(volume_node: VolumeNode, name: str) -> None:
    """Show a CT in one of ``WINDOWS``; another name changes nothing."""
    display = volume_node.GetDisplayNode()
    if name in WINDOWS and display is not None:
        display.AutoWindowLevelOff()
        display.SetWindowLevel(*WINDOWS[name])
