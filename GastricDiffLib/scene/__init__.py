"""CT, box and results in an MRML scene.

Works the same inside 3D Slicer and with the PyPI package ``slicer-core``; the scene is
always passed in, never taken from the running application.
"""

from __future__ import annotations

from GastricDiffLib.errors import InputError

try:
    import slicer  # noqa: F401
except ImportError as error:
    raise InputError(
        "Slicer's scene library is not installed",
        error.name or error,
        'pip install "GastricDiffLib[scene]", or work inside 3D Slicer',
    ) from error


from GastricDiffLib.scene.export import write_scene
from GastricDiffLib.scene.files import load_scene, save_scene
from GastricDiffLib.scene.nodes import add_roi, add_volume
from GastricDiffLib.scene.overlay import show_overlay
from GastricDiffLib.scene.reading import roi_from_node, volume_from_node
from GastricDiffLib.scene.render import render_slice
from GastricDiffLib.scene.results import ResultNodes, find_results, show_result
from GastricDiffLib.scene.setup import new_scene
from GastricDiffLib.scene.stored import result_from_nodes

__all__ = [
    "ResultNodes",
    "add_roi",
    "add_volume",
    "find_results",
    "load_scene",
    "new_scene",
    "render_slice",
    "result_from_nodes",
    "roi_from_node",
    "save_scene",
    "show_overlay",
    "show_result",
    "volume_from_node",
    "write_scene",
]
