"""Which widget a parameter of which type can be bound to, and how its value gets in and out.

The pairs are Slicer's: exactly these widget classes, no classes derived from them.
"""

from __future__ import annotations

import enum
import pathlib
from collections.abc import Callable
from typing import Any

from slicer_standin.parameter_nodes.annotations import (
    Choice,
    Decimals,
    Maximum,
    Minimum,
    SingleStep,
    WithinRange,
    first,
    split,
)
from slicer_standin.parameter_nodes.stored import is_node_class


class GuiConnector:
    """A widget seen as a value. ``signal`` names what signals a change."""

    signal = ""

    def __init__(self, widget: Any, datatype: Any) -> None:
        self._widget = widget
        self.kind, self.notes = split(datatype)
        self._callback: Callable[[], None] | None = None

    @classmethod
    def create(cls, widget: Any, datatype: Any) -> GuiConnector:
        return cls(widget, datatype)

    def widget(self) -> Any:
        return self._widget

    def onChanged(self, callback: Callable[[], None] | None) -> None:
        self._callback = callback
        if self.signal:
            bound = getattr(self._widget, self.signal)
            (bound.disconnect if callback is None else bound.connect)(self.changed)

    def changed(self) -> None:
        if self._callback:
            self._callback()

    def read(self) -> Any:
        raise NotImplementedError

    def write(self, value: Any) -> None:
        raise NotImplementedError


class Checked(GuiConnector):
    signal = "toggled"

    def read(self) -> bool:
        return self._widget.checked

    def write(self, value: bool) -> None:
        self._widget.checked = value


class _Number(GuiConnector):
    signal = "valueChanged"
    unbounded: tuple[float, float] | None = None

    def __init__(self, widget: Any, datatype: Any) -> None:
        super().__init__(widget, datatype)
        decimals, step = first(self.notes, Decimals), first(self.notes, SingleStep)
        if hasattr(widget, "decimals"):
            if self.kind is int:
                widget.decimals = 0
            elif decimals is not None:
                widget.decimals = decimals.value
        if step is not None:
            widget.singleStep = step.value
        within = first(self.notes, WithinRange)
        low, high = first(self.notes, Minimum), first(self.notes, Maximum)
        ends = (
            [within.minimum, within.maximum]
            if within
            else [low and low.minimum, high and high.maximum]
        )
        if self.unbounded is None and None in ends:
            raise RuntimeError(f"a {type(widget).__name__} needs a bounded number, not {datatype}")
        for number, limit in enumerate(self.unbounded or ()):
            if ends[number] is None:
                ends[number] = limit
        widget.minimum, widget.maximum = ends[0], ends[1]

    def read(self) -> Any:
        return self.kind(self._widget.value)

    def write(self, value: Any) -> None:
        self._widget.value = value


class BoxNumber(_Number):
    unbounded = (float("-inf"), float("inf"))


class WholeBox(_Number):
    unbounded = (-(2**31), 2**31 - 1)


class Slider(_Number):
    """Without limits there is no slider: Slicer raises, and so does this."""


class Choices(GuiConnector):
    signal = "currentIndexChanged"

    def __init__(self, widget: Any, datatype: Any) -> None:
        super().__init__(widget, datatype)
        choice = first(self.notes, Choice)
        if choice is None:
            raise RuntimeError(f"a combo box needs the annotation Choice, not {datatype}")
        self.choices: Any = choice.choices
        widget.clear()
        for entry in self.choices:
            widget.addItem(str(entry))

    def read(self) -> Any:
        return self.choices[self._widget.currentIndex]

    def write(self, value: Any) -> None:
        self._widget.currentIndex = list(self.choices).index(value)


class EnumChoices(GuiConnector):
    signal = "currentIndexChanged"

    def __init__(self, widget: Any, datatype: Any) -> None:
        super().__init__(widget, datatype)
        label = getattr(self.kind, "label", lambda member: member.name)
        self.members = list(self.kind)
        widget.clear()
        for member in self.members:
            widget.addItem(label(member))

    def read(self) -> Any:
        return self.members[self._widget.currentIndex]

    def write(self, value: Any) -> None:
        self._widget.currentIndex = self.members.index(value)


class Line(GuiConnector):
    signal = "textChanged"

    def read(self) -> str:
        return self._widget.text

    def write(self, value: str) -> None:
        # Else the cursor would jump to the end while the user types.
        if value != self._widget.text:
            self._widget.text = value


class Label(Line):
    signal = ""


class PlainText(GuiConnector):
    signal = "textChanged"

    def read(self) -> str:
        return self._widget.toPlainText()

    def write(self, value: str) -> None:
        self._widget.setPlainText(value)


class Path(GuiConnector):
    signal = "currentPathChanged"

    def read(self) -> Any:
        return self.kind(self._widget.currentPath)

    def write(self, value: Any) -> None:
        self._widget.currentPath = str(value)


class Directory(GuiConnector):
    signal = "directoryChanged"

    def read(self) -> Any:
        return self.kind(self._widget.directory)

    def write(self, value: Any) -> None:
        self._widget.directory = str(value)


class NodeSelector(GuiConnector):
    signal = "currentNodeChanged"

    def __init__(self, widget: Any, datatype: Any) -> None:
        super().__init__(widget, datatype)
        widget.nodeTypes = [self.kind().GetClassName()]

    def read(self) -> Any:
        return self._widget.currentNode()

    def write(self, value: Any) -> None:
        self._widget.setCurrentNode(value)


_OWN: list[Any] = []


def parameterNodeGuiConnector(classtype: Any) -> Any:
    """Decorator: a connector of one's own, with ``canRepresent(widget, datatype)``."""
    _OWN.append(classtype)
    return classtype


def bind(widget: Any, datatype: Any) -> GuiConnector:
    """The connector of a widget for a (possibly annotated) type.

    Raises
    ------
    RuntimeError
        when Slicer cannot bind that type to that widget
    """
    kind = split(datatype)[0]
    widget_class = type(widget).__name__
    for classes, fits, connector in _PAIRS:
        if widget_class in classes and fits(kind):
            return connector(widget, datatype)
    for own in _OWN:
        if own.canRepresent(widget, datatype):
            return own.create(widget, datatype)
    raise RuntimeError(f"Slicer cannot bind a parameter of type {datatype} to a {widget_class}")


def _is(*kinds: Any) -> Callable[[Any], bool]:
    return lambda kind: kind in kinds


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, enum.Enum)


def _is_path(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, pathlib.PurePath)


_PAIRS: tuple[tuple[set[str], Callable[[Any], bool], type[GuiConnector]], ...] = (
    ({"QCheckBox", "ctkCheckBox", "QPushButton", "ctkCheckablePushButton"}, _is(bool), Checked),
    ({"QSlider"}, _is(int), Slider),
    ({"QSpinBox"}, _is(int), WholeBox),
    ({"ctkSliderWidget", "qMRMLSliderWidget"}, _is(int, float), Slider),
    ({"QDoubleSpinBox", "ctkDoubleSpinBox", "qMRMLSpinBox"}, _is(int, float), BoxNumber),
    ({"ctkDoubleSlider"}, _is(int, float), BoxNumber),
    ({"QComboBox", "ctkComboBox"}, _is(int, float, str, bool), Choices),
    ({"QComboBox", "ctkComboBox"}, _is_enum, EnumChoices),
    ({"QLineEdit"}, _is(str), Line),
    ({"QLabel"}, _is(str), Label),
    ({"QTextEdit"}, _is(str), PlainText),
    ({"ctkPathLineEdit"}, _is_path, Path),
    ({"ctkDirectoryButton"}, _is_path, Directory),
    ({"qMRMLNodeComboBox"}, is_node_class, NodeSelector),
)
