"""How the browser viewer keeps up while it classifies, and what many classifications cost it.

    python Testing/benchmarks/viewer_speed.py [--turns 40] [--classifications 20]

Prints the milliseconds from a turn of the mouse's wheel over the axial view until the browser
draws the new frame (median and 90th percentile), idle and while a network of full width
classifies every slice; then the memory of the session's process after so many classifications
as a share of what it was after the first few. Needs Chromium.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from made_models import fresh_model
from viewer_page import Visitor, chromium
from viewer_server import resident, serving, session_processes

from GastricDiffLib.nets.input import InputSpec

ALONE = "--sessions", 1
"""No spare session, whose start would be measured, too."""

_LISTEN = """
() => {
  const area = document.querySelector('.layout-grid-item');
  window.latencies = [];
  let turned = 0;
  const turn = () => { turned ||= performance.now(); };
  area.addEventListener('wheel', turn, {capture: true, passive: true});
  new MutationObserver(() => {
    if (!turned) return;
    const since = turned;
    turned = 0;
    requestAnimationFrame(() => window.latencies.push(performance.now() - since));
  }).observe(area, {subtree: true, attributes: true, attributeFilter: ['src']});
}
"""


def turn(visitor: Visitor, turns: int, while_true=lambda: True) -> list[float]:
    """Turn the wheel to and fro, as long as that holds; milliseconds until each new frame."""
    visitor.page.evaluate("window.latencies = []")
    for number in range(turns):
        if not while_true():
            break
        visitor.page.mouse.wheel(0, 100 if number % 12 < 6 else -100)
        time.sleep(0.3)
    return visitor.page.evaluate("window.latencies")


def described(what: str, milliseconds: list[float]) -> str:
    slow = sorted(milliseconds)[int(0.9 * len(milliseconds))]
    return (
        f"{what:<24} {statistics.median(milliseconds):6.0f} ms median {slow:6.0f} ms "
        f"90th percentile ({len(milliseconds)} turns)"
    )


def scrolling(browser, folder: Path, turns: int) -> None:
    spec = InputSpec(size=384, scope="all")
    model = fresh_model(folder / "full.safetensors", "r50-imp-dpn-tad", spec)
    with serving(folder / "scroll", "--model", model, *ALONE, standin=False) as server:
        visitor = Visitor(browser, server.url)
        area = visitor.page.locator(".layout-grid-item").first.bounding_box()
        visitor.page.mouse.move(area["x"] + 40, area["y"] + 60)
        visitor.settle()
        visitor.page.evaluate(_LISTEN)
        idle = turn(visitor, turns)
        busy: list[float] = []
        while len(busy) < turns:
            visitor.classify(wait=False)
            visitor.until(lambda: visitor.state("percent") >= 0 or not visitor.state("busy"))
            visitor.page.mouse.move(area["x"] + 40, area["y"] + 60)
            busy += turn(visitor, turns, lambda: visitor.state("busy"))
            visitor.until(lambda: not visitor.state("busy"))
        print(described("idle", idle))
        print(described("while classifying", busy))
        print(f"ratio                    {statistics.median(busy) / statistics.median(idle):6.2f}")
        visitor.close()


def memory(browser, folder: Path, classifications: int) -> None:
    with serving(folder / "memory", *ALONE, standin=False) as server:
        visitor = Visitor(browser, server.url)
        used = []
        for _ in range(classifications):
            visitor.page.evaluate("window.trame.state.set('message', '')")
            visitor.classify(wait=False)
            visitor.until(lambda: visitor.state("message") and not visitor.state("busy"))
            used.append(max(resident(number) for number in session_processes(server)))
        visitor.close()
    first = statistics.median(used[1:4])
    print(f"memory after {len(used)} classifications: {used[-1]:.0f} MiB, "
          f"{used[-1] / first:.3f} of what it was after the first few")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=40)
    parser.add_argument("--classifications", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        if options.turns:
            scrolling(browser, Path(folder), options.turns)
        if options.classifications:
            memory(browser, Path(folder), options.classifications)


if __name__ == "__main__":
    main()
