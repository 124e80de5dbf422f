"""The settings of the panel, saved with the scene and bound to the widgets of the same name."""

from __future__ import annotations

from typing import Annotated

from slicer import vtkMRMLMarkupsROINode, vtkMRMLScalarVolumeNode
from slicer.parameterNodeWrapper import Choice, WithinRange, parameterNodeWrapper

from GastricDiffLib import CLASSES
from GastricDiffLib.app.choices import DEVICES, HEATS, SYSTEMS
from GastricDiffLib.results.palette import HEAT_FLOOR
from GastricDiffLib.scene.overlay import DEFAULT_OPACITY


@parameterNodeWrapper
class Parameters:
    """One parameter a setting; paths are text, empty where none is chosen yet.

    ``threshold`` is the heat below which the overlay is transparent; ``field`` the side of the
    network's view in box sides (0: whole slices); ``systems`` are names with commas between.
    """

    ct: vtkMRMLScalarVolumeNode
    roi: vtkMRMLMarkupsROINode
    handles: bool = True

    model: str = ""
    device: Annotated[str, Choice(DEVICES)] = DEVICES[0]
    heat: Annotated[str, Choice(HEATS)] = HEATS[0]

    overlay: bool = True
    opacity: Annotated[float, WithinRange(0.0, 1.0)] = DEFAULT_OPACITY
    threshold: Annotated[float, WithinRange(0.0, 1.0)] = HEAT_FLOOR

    label: Annotated[str, Choice(list(CLASSES))] = CLASSES[0]
    cohort: str = ""
    dataset: str = ""

    training: str = ""
    system: Annotated[str, Choice(SYSTEMS)] = SYSTEMS[-1]
    epochs: Annotated[int, WithinRange(1, 1000)] = 40
    size: Annotated[int, WithinRange(32, 1024)] = 224
    trainDevice: Annotated[str, Choice(DEVICES)] = DEVICES[0]
    run: str = ""
    width: Annotated[float, WithinRange(0.0625, 2.0)] = 1.0
    field: Annotated[float, WithinRange(0.0, 10.0)] = 1.5
    batch: Annotated[int, WithinRange(2, 512)] = 16
    compare: bool = False
    systems: str = ",".join(SYSTEMS)
    folds: Annotated[int, WithinRange(0, 10)] = 0
