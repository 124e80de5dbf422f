"""CTK's sliders with decimals and a spin box beside them."""

from __future__ import annotations

from typing import Any

from PySide6 import QtCore, QtWidgets

from slicer_standin.generated import Parts, standin

_STEPS = 1000


@standin
class ctkSliderWidget(Parts, QtWidgets.QWidget):
    """A slider and a spin box that show the same number."""

    def _set_up(self) -> None:
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self._slider = QtWidgets.QSlider(QtCore.Qt.Horizontal)
        self._slider.setRange(0, _STEPS)
        self._box = QtWidgets.QDoubleSpinBox()
        row.addWidget(self._slider)
        row.addWidget(self._box)
        self.setSizePolicy(QtWidgets.QSizePolicy.Expanding, QtWidgets.QSizePolicy.Fixed)
        self._values.update(tracking=True, minimum=0.0, maximum=99.0, value=0.0, singleStep=1.0)
        self._values.update(pageStep=10.0, spinBoxVisible=True, decimals=2)
        self._box.setRange(0.0, 99.0)
        self._moving = False
        self._slider.valueChanged.connect(self._slid)
        self._slider.sliderReleased.connect(self._released)
        self._box.valueChanged.connect(self._typed)

    def _slid(self, step: int) -> None:
        if self._moving:
            return
        low, high = self.minimum, self.maximum
        value = low + (high - low) * step / _STEPS
        if self._slider.isSliderDown() and not self.tracking:
            self._show(value)
            self.valueIsChanging.emit(self._box.value)
        else:
            self._take(value)

    def _released(self) -> None:
        self._take(self._box.value)

    def _typed(self, value: float) -> None:
        if not self._moving:
            self._take(value)

    def _take(self, value: float) -> None:
        value = min(max(round(value, self.decimals), self.minimum), self.maximum)
        self._show(value)
        if value != self._values["value"]:
            self._values["value"] = value
            self.valueChanged.emit(value)

    def _show(self, value: float) -> None:
        self._moving = True
        span = self.maximum - self.minimum
        self._box.setValue(value)
        self._slider.setValue(round(_STEPS * (value - self.minimum) / span) if span else 0)
        self._moving = False

    def _set_value(self, value: float) -> None:
        self._take(value)

    def _set_minimum(self, value: float) -> None:
        self._bound(value, max(value, self.maximum))

    def _set_maximum(self, value: float) -> None:
        self._bound(min(value, self.minimum), value)

    def _bound(self, low: float, high: float) -> None:
        self._values.update(minimum=low, maximum=high)
        self._moving = True
        self._box.setRange(low, high)
        self._moving = False
        self._take(self._values["value"])

    def _set_decimals(self, count: int) -> None:
        self._values["decimals"] = count
        self._box.setDecimals(count)
        self.decimalsChanged.emit(count)

    def _set_singleStep(self, step: float) -> None:
        self._values["singleStep"] = step
        self._box.setSingleStep(step)

    def _set_prefix(self, text: str) -> None:
        self._box.setPrefix(text)

    def _get_prefix(self) -> str:
        return self._box.prefix

    def _set_suffix(self, text: str) -> None:
        self._box.setSuffix(text)

    def _get_suffix(self) -> str:
        return self._box.suffix

    def _set_spinBoxVisible(self, visible: bool) -> None:
        self._values["spinBoxVisible"] = visible
        self._box.setVisible(visible)

    def reset(self) -> None:
        self._take(0.0)


@standin
class qMRMLSliderWidget(ctkSliderWidget):
    _scene: Any = None

    def setMRMLScene(self, scene: Any) -> None:
        self._scene = scene

    def mrmlScene(self) -> Any:
        return self._scene
