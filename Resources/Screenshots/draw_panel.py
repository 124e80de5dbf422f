"""Draw the tutorial's pictures: the module's panel at work, with what its views would show.

The real module does the real work, in a stand-in for Slicer's windows (``Testing/slicer_standin``):
the sample phantom is classified, phantoms are exported, a network is trained. A few minutes.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT), str(ROOT / "Testing")]

from slicer_standin import grab, open_module  # noqa: E402  before anything loads Qt
from views import Plot, compose, plot, slice_view, without_gap, zoom  # noqa: E402

PANEL = 420
SECTIONS = ("case", "classify", "result", "cohort", "train")
CASES, EPOCHS_SHOWN = 20, 8
FIELD_MM = 260.0
"""Zoomed in, as a user does to see a tumour."""
STUDY = Path(tempfile.gettempdir()) / "gastric-study"


class Artist:
    """Works the module and keeps pictures of it in a folder."""

    def __init__(self, desktop: Any, work: Any, folder: Path) -> None:
        self._desktop, self._work, self._folder = desktop, work, folder
        self._ui, self._panel = desktop.panel.ui, desktop.panel.panel

    def case(self) -> None:
        """The sample CT with a box around its tumour."""
        ui, work = self._ui, self._work
        ui.ctSelector.setCurrentNode(work.sample())
        ui.placeButton.click()
        self._desktop.wait_until(lambda: ui.classifyButton.enabled)
        zoom(self._desktop.scene, FIELD_MM)
        red = self._slice("Red", 520)
        below = [self._slice(name, 260) for name in ("Yellow", "Green")]
        self._draw("1-case.png", ("case", "classify"), [[red], below])

    def result(self) -> None:
        """The same case, classified."""
        ui, work, desktop = self._ui, self._work, self._desktop
        work.classify(desktop.panel, ui.ctSelector.currentNode())
        rows = ui.sliceTable.rowCount
        ui.sliceTable.selectRow(rows // 2)
        ui.layoutButton.click()
        chart = work.find_results(ui.ctSelector.currentNode()).chart
        right = [[self._slice("Red", 440)], [plot(Plot.of(chart), 440, 260)]]
        self._draw("2-result.png", ("result",), right)
        ui.layoutButton.click()

    def cohort(self, folder: Path) -> None:
        """A labelled cohort, exported, one case opened again."""
        ui, work, desktop = self._ui, self._work, self._desktop
        work.write_phantoms(folder / "hospital", range(1, CASES + 1))
        work.fill_cohort(desktop.panel, folder, CASES)
        work.label_all(ui)
        work.export(desktop.panel)
        message = ui.messageLabel.text
        ui.cohortTable.selectRow(2)
        ui.openCaseButton.click()
        ui.messageLabel.text = message
        self._draw("3-cohort.png", ("cohort",), [[self._slice("Red", 440)]])

    def training(self, folder: Path) -> None:
        """A training in its eighth epoch, then stopped; its model and its card."""
        ui, work, desktop = self._ui, self._work, self._desktop
        scene = desktop.scene
        ui.runPath.currentPath = str(folder / "run")
        ui.epochsSpinBox.value, ui.sizeSpinBox.value = 40, 64
        ui.widthSpinBox.value, ui.cropSpinBox.value = 0.125, 1.5
        ui.trainButton.click()
        desktop.wait_until(lambda: work.points(scene) >= EPOCHS_SHOWN, 600)
        ui.curvesButton.click()
        chart = scene.GetSingletonNode("PlotView1", "vtkMRMLPlotViewNode").GetPlotChartNode()
        self._draw("4-train.png", ("train",), [[plot(Plot.of(chart), 520, 400)]])
        ui.curvesButton.click()
        ui.trainButton.click()
        desktop.wait_until(lambda: not self._panel.train.logic.running, 600)
        ui.modelSelector.currentIndex = 1
        self._draw("5-new-model.png", ("classify",), [])

    def comparison(self) -> None:
        """What a comparison asks for."""
        self._ui.compareCheckBox.checked = True
        self._panel.context.messages.clear()
        self._draw("6-compare.png", ("train",), [])

    def _slice(self, name: str, side: int) -> Any:
        return slice_view(self._desktop.scene, name, self._ui.roiSelector.currentNode(), side)

    def _draw(self, name: str, open_sections: Iterable[str], right: list[list[Any]]) -> None:
        ui = self._ui
        for section in SECTIONS:
            getattr(ui, f"{section}Section").collapsed = section not in open_sections
        self._desktop.process(0.3)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "panel.png"
            cut = grab(self._desktop.widget, path, width=PANEL, height=1200)
            if cut:
                raise RuntimeError(f"{name}: {'; '.join(cut)}")
            picture = compose(without_gap(path), right)
        picture.quantize(200).save(self._folder / name, optimize=True)
        print(self._folder / name, picture.size)


def main(folder: Path) -> None:
    """Draw all pictures into a folder."""
    with open_module(ROOT / "GastricDiff" / "GastricDiff.py") as desktop:
        scenarios = sys.modules["GastricDiff"].load_scenarios()
        artist = Artist(desktop, scenarios, folder)
        STUDY.mkdir()  # its path is to be read in the pictures
        try:
            artist.case()
            artist.result()
            artist.cohort(STUDY)
            artist.training(STUDY)
            artist.comparison()
            scenarios.release(desktop.panel)
        finally:
            shutil.rmtree(STUDY)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
