"""From the click to the result in the scene, by the process that stays; and beside busy programs.

    python Testing/benchmarks/latency.py [--full] [--busy 2] [--rounds 5]

Clicks are calls of ``app``: what the panel and the viewer do. ``cold``: the worker is not there
yet; ``warm``: it was used before; ``another box``; ``another model``: two models in turns.
``longest wait``: the most that the thread of the user interface was held in one go, by the start
of a classification or by a look at it. Seconds; median of the rounds, the highest behind it.

The CT is the real abdomen of 20 slices (``GASTRICDIFF_SHARED_DATA``, or ``shared/data`` beside the
checkout), and one of 256 slices of 512 × 512 made from noise with a box of 40 slices. ``--full``
adds a network of full width at 224 pixels, whose time alone is printed beside it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "Testing")]

from made_models import fresh_model  # noqa: E402

from GastricDiffLib.app.classify import ClassifyLogic, ClassifyRequest  # noqa: E402
from GastricDiffLib.app.worker_runner import WorkerRunner  # noqa: E402
from GastricDiffLib.ct import BoxROI, read_roi, read_volume  # noqa: E402
from GastricDiffLib.ct.axial import input_hu  # noqa: E402
from GastricDiffLib.ct.grid import Grid  # noqa: E402
from GastricDiffLib.nets.input import InputSpec  # noqa: E402
from GastricDiffLib.resources import demo_model  # noqa: E402
from GastricDiffLib.scene import add_roi, add_volume, new_scene, result_from_nodes  # noqa: E402
from GastricDiffLib.scene.layout import add_views  # noqa: E402

LOOK = 0.04
"""Seconds between two looks, as in the panel."""


class Clicks:
    """Classifies one case of a scene again and again, and takes the times."""

    def __init__(self, array: Any, grid: Grid, box: BoxROI) -> None:
        self.scene = new_scene()
        add_views(self.scene)
        self.ct = add_volume(self.scene, array, grid, "CT")
        self.roi = add_roi(self.scene, box)
        self.runner = WorkerRunner()
        self.logic = ClassifyLogic(self.runner)
        self.longest = 0.0

    def click(self, model: Path) -> float:
        """Seconds until the scene has the result."""
        start = time.perf_counter()
        request = ClassifyRequest(self.scene, self.ct, self.roi, str(model), "cpu")
        self._hold(lambda: self.logic.start(request))
        while (outcome := self._hold(self.logic.poll)) is None:
            time.sleep(LOOK)
        if not outcome.done:
            raise SystemExit(outcome.message)
        return time.perf_counter() - start

    def move(self) -> None:
        self.roi.SetCenter(np.add(self.roi.GetCenter(), (1.0, -1.0, 0.0)).tolist())

    def network(self) -> float:
        """Seconds of the latest result without files and scene."""
        result = result_from_nodes(self.ct)
        assert result is not None
        return result.seconds

    def _hold(self, work: Any) -> Any:
        start = time.perf_counter()
        found = work()
        self.longest = max(self.longest, time.perf_counter() - start)
        return found


def rows(
    clicks: Clicks, models: tuple[Path, Path], rounds: int
) -> Iterator[tuple[str, list[float]]]:
    first, second = models
    cold = []
    for _ in range(max(2, rounds // 2)):
        clicks.runner.abandon()
        cold.append(clicks.click(first))
    yield "cold", cold
    clicks.longest = 0.0
    yield "warm", [clicks.click(first) for _ in range(rounds)]
    moved = []
    for _ in range(rounds):
        clicks.move()
        moved.append(clicks.click(first))
    yield "another box", moved
    yield "another model", [clicks.click(model) for _ in range(rounds) for model in (second, first)]
    clicks.click(first)
    yield "the network's part of a warm one", [clicks.network()]
    yield "longest wait of the interface", [clicks.longest]


@contextmanager
def busy(count: int) -> Iterator[None]:
    """So many processes that use a core each."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def real_case() -> Clicks | None:
    named = os.environ.get("GASTRICDIFF_SHARED_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not (folder / "abdomen-dicom").is_dir():
        return None
    volume = read_volume(folder / "abdomen-dicom")
    box = read_roi(folder / "abdomen-roi.mrk.json")[0]
    return Clicks(input_hu(volume), volume.grid, box)


def large_case() -> Clicks:
    noise = np.random.default_rng(0).normal(-20, 60, (256, 512, 512)).astype(np.int16)
    grid = Grid.from_axes(noise.shape, np.eye(3), (0.7, 0.7, 1.0), (0.0, 0.0, 0.0))
    box = BoxROI(np.array((180.0, 180.0, 120.0)), np.eye(3), np.array((60.0, 60.0, 39.0)))
    return Clicks(noise, grid, box)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--full", action="store_true", help="a network of full width as well")
    parser.add_argument("--busy", type=int, default=2, help="processes beside it")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        spec = InputSpec(size=128, std=0.3, crop=2.0)
        other = fresh_model(Path(folder) / "other.safetensors", "r50-imp-dpn-tad", spec, 0.125)
        models = {"demo model": (demo_model(), other)}
        if options.full:
            wide = InputSpec(size=224, std=0.3, crop=1.5)
            full = fresh_model(Path(folder) / "full.safetensors", "r50-imp-dpn-tad", wide)
            models["full width"] = (full, demo_model())
        cases = {"abdomen, 20 slices": real_case(), "256 slices, box of 40": large_case()}
        print(
            f"{'case':<22} {'model':<11} {'beside':<8} {'click':<34} {'median':>7} {'highest':>8}"
        )
        for beside in (0, options.busy):
            with busy(beside):
                for case, clicks in cases.items():
                    if clicks is None:
                        continue
                    for model, paths in models.items():
                        for name, seconds in rows(clicks, paths, options.rounds):
                            words = f"{beside} busy" if beside else "quiet"
                            print(
                                f"{case:<22} {model:<11} {words:<8} {name:<34} "
                                f"{median(seconds):7.2f} {max(seconds):8.2f}",
                                flush=True,
                            )
        for clicks in cases.values():
            if clicks is not None:
                clicks.logic.abandon()


if __name__ == "__main__":
    main()
