"""Widgets that have a MRML scene and hand it on."""

from __future__ import annotations

from typing import Any

from PySide6 import QtWidgets

from slicer_standin.generated import Parts, standin


class WithScene(Parts):
    """``setMRMLScene`` and the signal that follows it."""

    _scene: Any = None

    def setMRMLScene(self, scene: Any) -> None:
        if scene is self._scene:
            return
        self._scene = scene
        self.mrmlSceneChanged.emit(scene)


@standin
class qMRMLWidget(WithScene, QtWidgets.QWidget):
    def mrmlScene(self) -> Any:
        return self._scene


@standin
class qSlicerWidget(WithScene, QtWidgets.QWidget):
    # Its mrmlScene() is C++ only: no slot, not invokable.
    pass
