"""VTK observers that end with the Qt object on whose behalf they watch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import shiboken6
from vtkmodules.util.misc import calldata_type
from vtkmodules.util.vtkConstants import VTK_OBJECT

from slicer_standin import faults


class Observers:
    """The observers of one Qt object. An error in a handler is noted as a fault."""

    def __init__(self, owner: Any) -> None:
        self._owner = owner
        self._tags: list[tuple[Any, int]] = []

    def add(self, subject: Any, event: Any, handler: Callable[[Any], None]) -> None:
        """Call the handler with the event's object (None if it has none)."""

        @calldata_type(VTK_OBJECT)
        def called(caller: Any, name: str, thing: Any = None) -> None:
            if shiboken6.isValid(self._owner):
                faults.guarded(handler, thing)
            else:
                self.clear()

        self._tags.append((subject, subject.AddObserver(event, called)))

    def clear(self, keep: Any = None) -> None:
        """Remove the observers of all subjects but one."""
        for subject, tag in self._tags:
            if subject is not keep:
                subject.RemoveObserver(tag)
        self._tags = [pair for pair in self._tags if pair[0] is keep and keep is not None]
