"""A counterpart of ``slicer.parameterNodeWrapper``, which Slicer's library package leaves out.

It keeps to Slicer's behaviour for parameters that are numbers, text, truth values, paths, enums
and nodes: how a value is stored in the parameter node, when it is validated and cached, which
widget classes a type can be bound to, and in which order values go back and forth. Lists,
dictionaries, unions other than ``X | None`` and parameter packs are not modelled and raise that.
"""

from slicer_standin.parameter_nodes.annotations import (
    Choice,
    Decimals,
    Default,
    Exclude,
    IsInstance,
    Maximum,
    Minimum,
    NotNone,
    SingleStep,
    Validator,
    WithinRange,
)
from slicer_standin.parameter_nodes.bindings import GuiConnector, parameterNodeGuiConnector
from slicer_standin.parameter_nodes.wrapper import (
    SlicerParameterNamePropertyName,
    findChildWidgetForParameter,
    isParameterNodeWrapper,
    parameterNodeWrapper,
)

__all__ = [
    "Choice",
    "Decimals",
    "Default",
    "Exclude",
    "GuiConnector",
    "IsInstance",
    "Maximum",
    "Minimum",
    "NotNone",
    "SingleStep",
    "SlicerParameterNamePropertyName",
    "Validator",
    "WithinRange",
    "findChildWidgetForParameter",
    "isParameterNodeWrapper",
    "parameterNodeGuiConnector",
    "parameterNodeWrapper",
]
