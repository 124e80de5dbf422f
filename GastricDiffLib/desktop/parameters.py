"""The parameters of the panel, saved with the scene and bound to widgets by their names.

Training settings and kinds of heat are declared elsewhere: their parameters, and the texts of
their widgets, are derived.
"""

from __future__ import annotations

from typing import Annotated, Any

from slicer import vtkMRMLMarkupsROINode, vtkMRMLScalarVolumeNode
from slicer.parameterNodeWrapper import Choice, WithinRange, parameterNodeWrapper

from GastricDiffLib import CLASSES
from GastricDiffLib.i18n import _
from GastricDiffLib.nets.choices import DEVICES
from GastricDiffLib.nets.systems import SYSTEMS
from GastricDiffLib.results.heat_kinds import DEFAULT_HEAT, HEAT_KINDS
from GastricDiffLib.results.palette import HEAT_FLOOR
from GastricDiffLib.scene.overlay import DEFAULT_OPACITY
from GastricDiffLib.train.config import SETTINGS
from GastricDiffLib.train.setting import DeclaredSetting

SHOWN_SETTINGS = ("system", "epochs", "size", "width", "crop", "batch_size")
"""The training settings that the panel has widgets for, in ``GastricDiff.ui``: for ``batch_size``
the label ``batchSizeLabel`` and ``batchSizeSpinBox`` or, of words, ``batchSizeSelector``."""


def _with_training_settings(parameters: type) -> type:
    """The class with a parameter for each of ``SHOWN_SETTINGS``, of the same name."""
    for name in SHOWN_SETTINGS:
        declared = SETTINGS[name]
        parameters.__annotations__[name] = _annotation(declared)
        setattr(parameters, name, declared.default)
    return parameters


def _annotation(declared: DeclaredSetting) -> Any:
    setting = declared.setting
    if setting.choices:
        return Annotated[str, Choice(list(setting.choices))]
    if setting.offered is None:
        return declared.type
    return Annotated[declared.type, WithinRange(*map(declared.type, setting.offered))]


@parameterNodeWrapper
@_with_training_settings
class Parameters:
    """One parameter a setting; paths are text, empty where none is chosen yet.

    ``threshold`` is the heat below which the overlay is transparent; ``systems`` are names with
    commas between. Beside those below there is one for each of ``SHOWN_SETTINGS``.
    """

    ct: vtkMRMLScalarVolumeNode
    roi: vtkMRMLMarkupsROINode
    handles: bool = True

    model: str = ""
    device: Annotated[str, Choice(list(DEVICES))] = DEVICES[0]
    heat: Annotated[str, Choice(list(HEAT_KINDS))] = DEFAULT_HEAT

    overlay: bool = True
    opacity: Annotated[float, WithinRange(0.0, 1.0)] = DEFAULT_OPACITY
    threshold: Annotated[float, WithinRange(0.0, 1.0)] = HEAT_FLOOR

    label: Annotated[str, Choice(list(CLASSES))] = CLASSES[0]
    cohort: str = ""
    dataset: str = ""

    training: str = ""
    trainDevice: Annotated[str, Choice(list(DEVICES))] = DEVICES[0]
    run: str = ""
    compare: bool = False
    systems: str = ",".join(SYSTEMS)
    folds: Annotated[int, WithinRange(0, 10)] = 0


def training_settings(parameters: Any) -> dict[str, Any]:
    """The values of the training settings that the panel shows, by name."""
    return {name: getattr(parameters, name) for name in SHOWN_SETTINGS}


def setting_widgets(ui: Any) -> dict[str, Any]:
    """The widgets of the training settings, by setting."""
    return {name: getattr(ui, _camel(name) + _suffix(name)) for name in SHOWN_SETTINGS}


def describe_widgets(ui: Any) -> None:
    """Labels and tooltips of the widgets whose parameters are declared elsewhere."""
    for name, widget in setting_widgets(ui).items():
        setting = SETTINGS[name].setting
        getattr(ui, f"{_camel(name)}Label").text = _(setting.label)
        widget.toolTip = _(setting.tooltip)
    kinds = "; ".join(f"{name}: {_(kind.help)}" for name, kind in HEAT_KINDS.items())
    ui.heatSelector.toolTip = f"{kinds}."


def _camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(word.capitalize() for word in more)


def _suffix(name: str) -> str:
    return "Selector" if SETTINGS[name].setting.choices else "SpinBox"
