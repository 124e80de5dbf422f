"""CTK's double slider, and its sliders with two ends."""

from __future__ import annotations

from typing import Any

from PySide6 import QtCore, QtWidgets

from slicer_standin.generated import Parts, standin

_STEPS = 1000


@standin
class ctkDoubleSlider(Parts, QtWidgets.QWidget):
    """A slider over decimal numbers."""

    def _set_up(self) -> None:
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self._slider = QtWidgets.QSlider(QtCore.Qt.Horizontal)
        self._slider.setRange(0, _STEPS)
        row.addWidget(self._slider)
        self._values.update(minimum=0.0, maximum=99.0, value=0.0, singleStep=1.0, tracking=True)
        self._slider.valueChanged.connect(self._slid)

    def _slid(self, step: int) -> None:
        self.value = self.minimum + (self.maximum - self.minimum) * step / _STEPS

    def _set_value(self, value: float) -> None:
        value = min(max(value, self.minimum), self.maximum)
        self._keep("value", value)
        span = self.maximum - self.minimum
        self._slider.blockSignals(True)
        self._slider.setValue(round(_STEPS * (value - self.minimum) / span) if span else 0)
        self._slider.blockSignals(False)

    def _set_minimum(self, low: float) -> None:
        self._bound(low, max(low, self.maximum))

    def _set_maximum(self, high: float) -> None:
        self._bound(min(high, self.minimum), high)

    def _bound(self, low: float, high: float) -> None:
        self._values.update(minimum=low, maximum=high)
        self.rangeChanged.emit(low, high)
        self.value = self._values["value"]


class TwoEnds(Parts):
    """Two values between a minimum and a maximum, the lower never above the upper."""

    _values: dict[str, Any]

    def _set_up(self) -> None:
        self._values.update(minimum=0.0, maximum=99.0, minimumValue=0.0, maximumValue=99.0)
        self._values.update(singleStep=1.0, tracking=True, decimals=2)

    def _set_minimumValue(self, value: float) -> None:
        self.setValues(value, max(value, self._values["maximumValue"]))

    def _set_maximumValue(self, value: float) -> None:
        self.setValues(min(value, self._values["minimumValue"]), value)

    def setValues(self, low: float, high: float) -> None:
        ends = sorted((low, high))
        low, high = (min(max(v, self._values["minimum"]), self._values["maximum"]) for v in ends)
        before = (self._values["minimumValue"], self._values["maximumValue"])
        self._keep("minimumValue", low)
        self._keep("maximumValue", high)
        if before != (low, high):
            self.valuesChanged.emit(low, high)

    def _set_minimum(self, low: float) -> None:
        self.setRange(low, max(low, self._values["maximum"]))

    def _set_maximum(self, high: float) -> None:
        self.setRange(min(high, self._values["minimum"]), high)

    def setRange(self, low: float, high: float) -> None:
        self._values.update(minimum=low, maximum=high)
        self.rangeChanged.emit(low, high)
        self.setValues(self._values["minimumValue"], self._values["maximumValue"])


@standin
class ctkDoubleRangeSlider(TwoEnds, QtWidgets.QWidget):
    pass


@standin
class ctkRangeWidget(TwoEnds, QtWidgets.QWidget):
    def reset(self) -> None:
        self.setValues(self.minimum, self.maximum)


@standin
class qMRMLRangeWidget(ctkRangeWidget):
    _scene: Any = None

    def setMRMLScene(self, scene: Any) -> None:
        self._scene = scene

    def mrmlScene(self) -> Any:
        return self._scene
