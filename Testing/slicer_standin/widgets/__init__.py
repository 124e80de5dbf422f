"""The behaviour behind Slicer's and CTK's widgets, as far as a scripted module leans on it."""

from slicer_standin.widgets import (
    buttons,
    node_combo_box,
    paths,
    place_widget,
    ranges,
    scene_widgets,
    sliders,
    table_view,
    views,
)

__all__ = [
    "buttons",
    "node_combo_box",
    "paths",
    "place_widget",
    "ranges",
    "scene_widgets",
    "sliders",
    "table_view",
    "views",
]
