"""``@parameterNodeWrapper``: typed attributes over a parameter node, bound to widgets by name."""

from __future__ import annotations

import typing
import weakref
from typing import Any

from PySide6 import QtWidgets

from slicer_standin import faults
from slicer_standin.parameter_nodes.annotations import Default, Validator, split
from slicer_standin.parameter_nodes.bindings import GuiConnector, bind
from slicer_standin.parameter_nodes.stored import Stored, stored

SlicerParameterNamePropertyName = "SlicerParameterName"


class _Parameter:
    """A parameter as declared."""

    def __init__(self, name: str, annotated: Any, default: Default | None) -> None:
        kind, notes = split(annotated)
        self.name, self.annotated = name, annotated
        self.stored: Stored = stored(kind, [n for n in notes if isinstance(n, Validator)])
        noted = next((n for n in notes if isinstance(n, Default)), None)
        self.default = default or noted or Default(self.stored.default())


class _Cached:
    """A parameter of one parameter node. The value is kept until the node changes."""

    def __init__(self, parameter: _Parameter, node: Any) -> None:
        self.parameter, self.node = parameter, node
        self.value = self.fresh()
        self.writing = False
        # The node must not keep this alive.
        me = weakref.ref(self)
        self.tag = node.AddObserver("ModifiedEvent", lambda *_: _refresh(me))

    def __del__(self) -> None:
        self.node.RemoveObserver(self.tag)

    def fresh(self) -> Any:
        store, name = self.parameter.stored, self.parameter.name
        if not store.is_in(self.node, name):
            store.write(self.node, name, self.parameter.default.value)
        return store.read(self.node, name)

    def write(self, value: Any) -> None:
        import slicer

        self.writing = True
        try:
            # Observers, who are called at the end, must already read the new value.
            with slicer.util.NodeModify(self.node):
                self.parameter.stored.write(self.node, self.parameter.name, value)
                self.value = self.fresh()
        finally:
            self.writing = False


def _refresh(reference: weakref.ref[_Cached]) -> None:
    cached = reference()
    if cached is not None and not cached.writing:
        cached.value = faults.guarded(cached.fresh)


class _Wrapper:
    """What a decorated class gets besides its attributes."""

    allParameters: dict[str, _Parameter]
    parameterNode: Any

    def __init__(self, parameterNode: Any, prefix: str | None = None) -> None:
        if prefix:
            raise NotImplementedError("prefixes are not modelled by the stand-in")
        self.parameterNode = parameterNode
        self._bound: dict[int, dict[str, GuiConnector]] = {}
        self._observers: dict[int, int] = {}
        self._next_tag = 0
        self._updating = False
        self._cached = {}
        for name, parameter in self.allParameters.items():
            self._cached[name] = _Cached(parameter, parameterNode)

    def _known(self, name: str) -> _Parameter:
        if name not in self.allParameters:
            known = ", ".join(self.allParameters)
            raise ValueError(f"no parameter is named {name}: there are {known}")
        return self.allParameters[name]

    def getValue(self, name: str) -> Any:
        self._known(name)
        return self._cached[name].value

    def setValue(self, name: str, value: Any) -> None:
        self._known(name)
        self._cached[name].write(value)

    def default(self, name: str) -> Default:
        return self._known(name).default

    def isCached(self, name: str) -> bool:
        return self._known(name) is not None

    @classmethod
    def dataType(cls, name: str) -> Any:
        return cls.allParameters[name].annotated

    def connectGui(self, gui: Any) -> int:
        """Bind every widget with a ``SlicerParameterName`` below a widget or in a ``ui`` object."""
        if isinstance(gui, QtWidgets.QWidget):
            widgets = gui.findChildren(QtWidgets.QWidget)
        else:
            widgets = list(vars(gui).values())
        named = {w.property(SlicerParameterNamePropertyName): w for w in widgets}
        return self.connectParametersToGui({n: w for n, w in named.items() if n})

    def connectParametersToGui(self, mapping: dict[str, Any]) -> int:
        for name in mapping:
            self._known(name)
        bound = {
            name: w if isinstance(w, GuiConnector) else bind(w, self.allParameters[name].annotated)
            for name, w in mapping.items()
        }
        tag, self._next_tag = self._next_tag, self._next_tag + 1
        self._bound[tag] = bound
        for name, connector in bound.items():
            connector.write(self.getValue(name))
            connector.onChanged(self._to_node(name, connector))
        self._observers[tag] = self.AddObserver(
            "ModifiedEvent", lambda *_: faults.guarded(self._to_gui)
        )
        return tag

    def disconnectGui(self, tag: int) -> None:
        for connector in self._bound.pop(tag, {}).values():
            connector.onChanged(None)
        if tag in self._observers:
            self.RemoveObserver(self._observers.pop(tag))

    def _to_node(self, name: str, connector: GuiConnector) -> Any:
        import slicer

        def changed() -> None:
            with slicer.util.NodeModify(self):
                if not self._updating:
                    self.setValue(name, connector.read())

        return changed

    def _to_gui(self) -> None:
        import slicer

        if self._updating:
            return
        self._updating = True
        try:
            with slicer.util.NodeModify(self):
                for bound in list(self._bound.values()):
                    for name, connector in bound.items():
                        connector.write(self.getValue(name))
        finally:
            self._updating = False

    def StartModify(self) -> int:
        return self.parameterNode.StartModify()

    def EndModify(self, wasModified: int) -> int:
        return self.parameterNode.EndModify(wasModified)

    def AddObserver(self, event: Any, callback: Any, priority: float = 0.0) -> int:
        return self.parameterNode.AddObserver(event, callback, priority)

    def RemoveObserver(self, tag: int) -> None:
        self.parameterNode.RemoveObserver(tag)

    def Modified(self) -> None:
        self.parameterNode.Modified()


def parameterNodeWrapper(classtype: Any = None) -> Any:
    """Class decorator, with or without brackets."""
    return _wrap if classtype is None else _wrap(classtype)


def _wrap(classtype: Any) -> Any:
    parameters = {}
    for name, annotated in typing.get_type_hints(classtype, include_extras=True).items():
        default = Default(getattr(classtype, name)) if hasattr(classtype, name) else None
        parameters[name] = _Parameter(name, annotated, default)
        setattr(classtype, name, _attribute(name))
    for name, member in vars(_Wrapper).items():
        if name.startswith("__") and name != "__init__":
            continue
        if name != "__init__" and hasattr(classtype, name):
            raise ValueError(f"'{name}' is a name of the wrapper itself, no parameter can have it")
        setattr(classtype, name, member)
    classtype.allParameters = parameters
    classtype._is_parameter_node_wrapper = True
    return classtype


def _attribute(name: str) -> property:
    return property(
        lambda self: self.getValue(name), lambda self, value: self.setValue(name, value)
    )


def isParameterNodeWrapper(thing: Any) -> bool:
    """Whether a class or object came from ``parameterNodeWrapper``."""
    return getattr(thing, "_is_parameter_node_wrapper", False)


def findChildWidgetForParameter(widget: Any, parameter: str) -> Any:
    """The widget below another that a parameter is bound to, or None."""
    for child in widget.findChildren(QtWidgets.QWidget):
        if child.property(SlicerParameterNamePropertyName) == parameter:
            return child
    return None
