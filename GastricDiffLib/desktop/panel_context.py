"""What all sections of the panel share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from GastricDiffLib.app.layout import Layout
from GastricDiffLib.app.messages import Messages
from GastricDiffLib.app.models import Models
from GastricDiffLib.scene.mrml import MRMLScene, ROINode, VolumeNode


class Dialogs(Protocol):
    """Questions to the user; each answer is empty where the dialog was closed."""

    def open_file(self, title: str, kinds: str) -> str: ...

    def folder(self, title: str) -> str: ...


@dataclass
class PanelContext:
    """Handed to each section's constructor.

    ``ui`` holds the widgets by name; ``parameters`` the settings, replaced with each new scene;
    ``ensure`` has the Python packages installed, or raises InputError; ``installed`` is whether
    they are.
    """

    ui: Any
    scene: MRMLScene
    messages: Messages
    dialogs: Dialogs
    models: Models
    layout: Layout
    ensure: Callable[[], None]
    installed: Callable[[], bool]
    parameters: Any = None

    @property
    def ct(self) -> VolumeNode | None:
        """The chosen CT's node."""
        return self._present("ct")

    @property
    def roi(self) -> ROINode | None:
        """The chosen box's node."""
        return self._present("roi")

    def _present(self, name: str) -> Any | None:
        # The settings may still name a node that has just been removed.
        node = getattr(self.parameters, name, None)
        return node if node is not None and self.scene.IsNodePresent(node) else None
