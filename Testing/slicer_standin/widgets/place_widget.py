"""Slicer's buttons for placing markups, over the real markups logic and interaction node."""

from __future__ import annotations

from typing import Any

from PySide6 import QtWidgets

from slicer_standin.generated import standin
from slicer_standin.observing import Observers
from slicer_standin.widgets.scene_widgets import qSlicerWidget


@standin
class qSlicerMarkupsPlaceWidget(qSlicerWidget):
    """A button that starts and ends the placing of the current node's points."""

    def _set_up(self) -> None:
        self._node: Any = None
        self._interaction: Any = None
        self._selection: Any = None
        self._on_node, self._on_mode = Observers(self), Observers(self)
        self._told = False
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self._place = QtWidgets.QToolButton()
        self._place.setText("Place")
        self._place.checkable = True
        self._delete = QtWidgets.QToolButton()
        self._delete.setText("Delete")
        row.addWidget(self._place)
        row.addWidget(self._delete)
        self._values.update(buttonsVisible=True, placeMultipleMarkups=0)
        self._place.toggled.connect(self._toggled)
        self._delete.clicked.connect(self.deleteLastPoint)
        self._update()

    def _logic(self) -> Any:
        import slicer

        return slicer.app.moduleLogic("Markups")

    def setMRMLScene(self, scene: Any) -> None:
        super().setMRMLScene(scene)
        find = scene.GetNodeByID if scene is not None else lambda _: None
        self.setInteractionNode(find("vtkMRMLInteractionNodeSingleton"))
        self.setSelectionNode(find("vtkMRMLSelectionNodeSingleton"))
        self._update()

    def setInteractionNode(self, node: Any) -> None:
        self._on_mode.clear()
        self._interaction = node
        if node is not None:
            self._on_mode.add(node, "ModifiedEvent", lambda _: self._update())
            self._on_mode.add(node, node.InteractionModeChangedEvent, lambda _: self._update())

    def setSelectionNode(self, node: Any) -> None:
        self._selection = node

    def interactionNode(self) -> Any:
        return self._interaction

    def selectionNode(self) -> Any:
        return self._selection

    def currentNode(self) -> Any:
        return self._node

    def currentMarkupsNode(self) -> Any:
        return self._node

    def setCurrentNode(self, node: Any) -> None:
        node = node if node is not None and node.IsA("vtkMRMLMarkupsNode") else None
        if node is self._node:
            return
        self._on_node.clear()
        self._node = node
        if node is not None:
            for event in (
                "ModifiedEvent",
                node.PointAddedEvent,
                node.PointRemovedEvent,
                node.PointPositionDefinedEvent,
                node.PointPositionUndefinedEvent,
            ):
                self._on_node.add(node, event, lambda _: self._update())
        self._update()

    def _ready(self) -> bool:
        return None not in (self._scene, self._node, self._interaction, self._selection)

    def _get_currentNodeActive(self) -> bool:
        if not self._ready():
            return False
        placing = self._selection.GetActivePlaceNodeClassName()
        return (
            self._logic().GetActiveListID() == self._node.GetID()
            and placing == self._node.GetClassName()
        )

    def _set_currentNodeActive(self, active: bool) -> None:
        if self._ready() and active != self.currentNodeActive:
            self._logic().SetActiveList(self._node if active else None)
            if not active:
                self._interaction.SetCurrentInteractionMode(self._interaction.ViewTransform)

    def _get_placeModeEnabled(self) -> bool:
        placing = self._ready() and self._interaction.GetCurrentInteractionMode()
        return self.currentNodeActive and placing == self._interaction.Place

    def _set_placeModeEnabled(self, enabled: bool) -> None:
        if not self._ready():
            return
        if not enabled:
            self._interaction.SetCurrentInteractionMode(self._interaction.ViewTransform)
            return
        if not self.currentNodeActive:
            self._logic().SetActiveList(self._node)
        forced = {self.ForcePlaceSingleMarkup: False, self.ForcePlaceMultipleMarkups: True}
        if self.placeMultipleMarkups in forced:
            self.placeModePersistency = forced[self.placeMultipleMarkups]
        self._interaction.SetCurrentInteractionMode(self._interaction.Place)

    def _get_placeModePersistency(self) -> bool:
        return bool(self._interaction is not None and self._interaction.GetPlaceModePersistence())

    def _set_placeModePersistency(self, persistent: bool) -> None:
        if self._interaction is not None:
            self._interaction.SetPlaceModePersistence(int(persistent))

    def _set_buttonsVisible(self, visible: bool) -> None:
        self._values["buttonsVisible"] = visible
        self._place.setVisible(visible)
        self._delete.setVisible(visible)

    def placeButton(self) -> QtWidgets.QToolButton:
        return self._place

    def deleteButton(self) -> QtWidgets.QToolButton:
        return self._delete

    def deleteLastPoint(self) -> None:
        if self._node is not None and self._node.GetNumberOfControlPoints():
            self._node.RemoveNthControlPoint(self._node.GetNumberOfControlPoints() - 1)

    def deleteAllPoints(self) -> None:
        if self._node is not None:
            self._node.RemoveAllControlPoints()

    def _toggled(self, on: bool) -> None:
        self.placeModeEnabled = on

    def _update(self) -> None:
        ready = self._ready()
        self._place.setEnabled(ready and not self._node.GetControlPointPlacementComplete())
        self._delete.setEnabled(ready and self._node.GetNumberOfControlPoints() > 0)
        enabled = self.placeModeEnabled
        self._place.blockSignals(True)
        self._place.checked = enabled
        self._place.blockSignals(False)
        if enabled != self._told:
            self._told = enabled
            self.activeMarkupsFiducialPlaceModeChanged.emit(enabled)
            self.activeMarkupsPlaceModeChanged.emit(enabled)
