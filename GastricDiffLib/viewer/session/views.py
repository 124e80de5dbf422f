"""Slicer's views in the page: axial above, sagittal, coronal and 3D below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from trame.widgets import html
from trame_slicer.core import LayoutManager, SlicerApp
from trame_slicer.rca_view import register_rca_factories
from trame_slicer.views import Layout, LayoutDirection, ViewLayoutDefinition

from GastricDiffLib.scene.layout import jump_slices
from GastricDiffLib.scene.mrml import MRMLScene, VolumeNode
from GastricDiffLib.scene.setup import READABLE_BY, ensure_basics
from GastricDiffLib.viewer.session.render_order import RenderOrder
from GastricDiffLib.viewer.session.templates import template

NAMES = {"Red": "Axial", "Yellow": "Sagittal", "Green": "Coronal"}
"""Slicer's names of its slice views and what they show."""
_LETTERS = ("RL", "AP", "SI")


class Views:
    """The scene and its four views."""

    def __init__(self, server: Any) -> None:
        self._app = SlicerApp()
        self.scene: MRMLScene = self._app.scene
        self.scene.SetVersion(READABLE_BY)
        ensure_basics(self.scene)
        register_rca_factories(
            self._app.view_manager, server,
            slice_view_ui_f=_slice_overlay, three_d_view_ui_f=_threed_overlay,
            # With less quality while the mouse moves each frame would be drawn once more after it.
            blur_fps=30.0, interactive_quality=90,
            # A turn of the wheel is three events; a browser sends no more than it draws frames.
            rca_event_throttle_s=0.002,
        )  # fmt: skip
        self.layout = LayoutManager(self.scene, self._app.view_manager, server)
        self.layout.register_layout("Axial primary", _arrangement())
        for view in self._all():
            # Eight samples a pixel cost a processor without a graphics card too much.
            view.render_window().SetMultiSamples(0)
        self._order = RenderOrder(self._all())

    def on_turn(self, turned: Callable[[], None]) -> None:
        """Have ``turned`` called whenever a slice view shows another slice."""
        for view in self._slices():
            view.modified.connect(lambda _view: turned())

    def show(self, volume_node: VolumeNode) -> None:
        """Lay a CT into all views, and look at all of it."""
        for view in self._slices():
            view.set_background_volume_id(volume_node.GetID())
            view.set_foreground_volume_id(None)
        bounds = np.zeros(6)
        volume_node.GetRASBounds(bounds)
        self.look_at(((bounds[::2] + bounds[1::2]) / 2).tolist())
        for view in self._slices():
            view.set_visible_in_3d(True)
        self.fit()

    def fit(self) -> None:
        """Zoom so that all of the CT is seen; the slices stay."""
        for view in self._slices():
            offset = view.get_slice_value()
            view.fit_view_to_content()
            view.set_slice_value(offset)
        for view in self._threed():
            view.fit_view_to_content()
            _turn(view)

    def look_at(self, ras_mm: Sequence[float]) -> None:
        """Turn all slice views to a point, RAS in mm."""
        jump_slices(self.scene, ras_mm)

    def lighten(self) -> None:
        """Draw the box's handles in one pass; needed anew for each box.

        They come with a renderer that peels translucent layers off one by one, which on a
        processor takes as long as all else together, and nothing in a slice view is behind
        anything.
        """
        for view in self._slices():
            for renderer in view.renderers():
                renderer.SetUseDepthPeeling(False)

    def slide(self, name: str, offset: float) -> None:
        """Turn one slice view to an offset in mm along its normal."""
        self._order.front = name
        self._by_name(name).set_slice_value(float(offset))

    def step(self, name: str, slices: int) -> None:
        """Turn one slice view on by so many slices, no further than the CT goes."""
        self._order.front = name
        view = self._by_name(name)
        low, high = view.get_slice_range()
        wanted = view.get_slice_value() + slices * view.get_slice_step()
        view.set_slice_value(min(max(wanted, low), high))

    @property
    def axial_mm(self) -> float:
        """S of the axial view."""
        return float(self._by_name("Red").get_slice_value())

    def describe(self) -> dict[str, dict[str, Any]]:
        """By name: title, slice offset with its range and step in mm, letters at the edges."""
        return {name: _describe(self._by_name(name), title) for name, title in NAMES.items()}

    def _all(self) -> list[Any]:
        return list(self._app.view_manager.get_views())

    def _slices(self) -> list[Any]:
        return list(self._app.view_manager.get_slice_views())

    def _threed(self) -> list[Any]:
        return list(self._app.view_manager.get_threed_views())

    def _by_name(self, name: str) -> Any:
        return self._app.view_manager.get_view(name if name in NAMES else "Red")


def _arrangement() -> Layout:
    below = Layout(
        LayoutDirection.Horizontal,
        [
            ViewLayoutDefinition.sagittal_view(),
            ViewLayoutDefinition.coronal_view(),
            ViewLayoutDefinition.threed_view(background_color="#101418"),
        ],
    )
    return Layout(
        LayoutDirection.Vertical, [ViewLayoutDefinition.axial_view(), below], flex_sizes=["2", "1"]
    )


def _describe(view: Any, title: str) -> dict[str, Any]:
    matrix = view.get_view_node().GetSliceToRAS()
    right = _letter([matrix.GetElement(row, 0) for row in range(3)])
    top = _letter([matrix.GetElement(row, 1) for row in range(3)])
    low, high = view.get_slice_range()
    offset = round(view.get_slice_value(), 3)
    normal = _letter([matrix.GetElement(row, 2) for row in range(3)])
    # As Slicer labels it: R, A and S, negative towards left, posterior and inferior.
    axis = next(pair[0] for pair in _LETTERS if normal in pair)
    along = offset if normal == axis else -offset
    return {
        "title": title,
        "value": offset,
        "low": round(low, 3),
        "high": round(high, 3),
        "step": round(view.get_slice_step(), 3),
        "at": f"{axis} {along:.1f} mm".replace("-", "−"),
        "right": right,
        "left": _opposite(right),
        "top": top,
        "bottom": _opposite(top),
    }


def _turn(view: Any) -> None:
    """From the front, the right and above, so that all three slices are seen, and close."""
    camera = view.get_camera_node().GetCamera()
    camera.Azimuth(-30)
    camera.Elevation(25)
    camera.OrthogonalizeViewUp()
    camera.Zoom(1.6)
    view.renderer().ResetCameraClippingRange()
    view.schedule_render()


def _letter(direction_ras: list[float]) -> str:
    """The side of the patient that a direction points to most."""
    axis = int(np.argmax(np.abs(direction_ras)))
    # RAS: positive is right, anterior, superior.
    return _LETTERS[axis][0] if direction_ras[axis] > 0 else _LETTERS[axis][1]


def _opposite(letter: str) -> str:
    pair = next(pair for pair in _LETTERS if letter in pair)
    return pair[1] if letter == pair[0] else pair[0]


def _slice_overlay(_server: Any, _view_id: str, view: Any) -> None:
    html.Div(template("slice_view.html").replace("VIEW", view.get_singleton_tag()), classes="frame")


def _threed_overlay(_server: Any, _view_id: str, _view: Any) -> None:
    html.Div('<span class="corner">3D</span>', classes="frame")
