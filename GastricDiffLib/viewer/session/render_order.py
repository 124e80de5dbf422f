"""The order in which views are drawn: first the one in use, the others a moment later."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from trame_slicer.views import ScheduledRenderStrategy

LATER = 0.12
"""Seconds that the other views wait. A processor without a graphics card draws four views in
the time of two frames, and no frame is sent before all that were asked for are drawn."""

_USE = (
    "MouseMoveEvent",
    "MouseWheelForwardEvent",
    "MouseWheelBackwardEvent",
    "LeftButtonPressEvent",
)


class RenderOrder:
    """Which view is in use, by its name; ``front`` may be set."""

    def __init__(self, views: Iterable[Any]) -> None:
        self.front = ""
        for view in views:
            view.set_scheduled_render(_InTurn(self, view))
            for event in _USE:
                # Before Slicer's own, which let nobody else see what they have used.
                view.interactor().AddObserver(event, lambda *_, v=view: self._use(v), 10.0)

    def _use(self, view: Any) -> None:
        self.front = view.get_singleton_tag()


class _InTurn(ScheduledRenderStrategy):  # type: ignore[misc]  # it comes without types
    """Asks a view's own strategy for a frame, at once or a moment later."""

    def __init__(self, order: RenderOrder, view: Any) -> None:
        super().__init__()
        self._order, self._view = order, view
        self._own = view._scheduled_render  # trame-slicer gives no other access
        self._waiting = False

    def schedule_render(self) -> None:
        if self._order.front in ("", self._view.get_singleton_tag()):
            self._own.schedule_render()
        elif not self._waiting:
            self._waiting = True
            asyncio.get_event_loop().call_later(LATER, self._draw)

    def did_render(self) -> None:
        self._own.did_render()

    def _draw(self) -> None:
        self._waiting = False
        self._own.schedule_render()
