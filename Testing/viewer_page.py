"""The browser viewer as its visitors have it: a page in Chromium."""

from __future__ import annotations

import shutil
import time
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from patience import Patience, crowding
from PIL import Image
from playwright.sync_api import Browser, Error, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_SECONDS = 120


def slow() -> float:
    """Milliseconds that Playwright may wait: set once, though the load may still rise."""
    return 1000 * _SECONDS * (1 + crowding())


@contextmanager
def chromium():
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        pytest.fail("no Chromium to test the viewer with: apt-get install chromium")
    with sync_playwright() as playwright:
        # Without its sandbox it runs as root too, as in a container.
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=path, args=arguments, timeout=slow())
        yield browser
        browser.close()


class Visitor:
    """One browser of its own, at a server's page; what goes wrong in it is kept in ``faults``."""

    def __init__(self, browser: Browser, url: str, size: tuple[int, int] = (1280, 720)) -> None:
        self.context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, accept_downloads=True
        )
        self.context.set_default_timeout(slow())
        self.page = self.context.new_page()
        self.faults: list[str] = []
        self.hosts: set[str] = set()
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))
        self.page.goto(url)
        self.wait_for_views()

    def _listen(self, message) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(message.text)

    def wait_for_views(self) -> None:
        """Until all four views have sent a picture."""
        self.page.locator("[data-test=classify]").wait_for(timeout=slow())
        self.page.wait_for_function(
            "[...document.querySelectorAll('.image-display-area')].filter(i => i.src).length === 4",
            timeout=slow(),
        )

    def classify(self, wait: bool = True) -> None:
        self.page.locator("[data-test=classify]").click()
        if wait:
            self.wait_for_vote()

    def wait_for_vote(self) -> None:
        self.until(lambda: not self.state("busy") and bool(self.state("vote")))
        self.page.locator("[data-test=vote]").wait_for(timeout=slow())

    def state(self, name: str):
        return self.page.evaluate(f"window.trame?.state?.get('{name}')")

    def until(self, true) -> None:
        """Wait until something holds; a page being loaded anew answers nothing."""
        patience = Patience(_SECONDS)
        while patience.lasts():
            try:
                if true():
                    return
            except Error:
                pass
            time.sleep(0.1)
        raise AssertionError(f"waited in vain; the page shows: {self.page.inner_text('body')}")

    def text(self, selector: str) -> str:
        return self.page.inner_text(selector)

    @property
    def box(self) -> str:
        return self.text("section[aria-labelledby=gd-box] p >> nth=0")

    @property
    def vote(self) -> list[str]:
        return self.text("[data-test=vote]").split("\n")

    @property
    def rows(self) -> list[list[str]]:
        return [row.split("\t") for row in self.text(".gd-table tbody").split("\n")]

    def upload(self, *paths: Path) -> None:
        with self.page.expect_file_chooser() as chooser:
            self.page.locator("[data-open=files]").click()
        chooser.value.set_files([str(path) for path in paths])
        self.until(lambda: self.state("busy") == "open" or self.state("message"))
        self.until(lambda: not self.state("busy"))

    def download(self, name: str, folder: Path) -> Path:
        with self.page.expect_download(timeout=slow()) as download:
            self.page.locator(f".gd-panel [data-download='{name}']").click()
        path = folder / download.value.suggested_filename
        download.value.save_as(path)
        return path

    def axial(self) -> np.ndarray:
        """The axial view as it is on the screen, (H, W, 3)."""
        self.settle()
        area = self.page.locator(".layout-grid-item").first
        return np.asarray(Image.open(BytesIO(area.screenshot())).convert("RGB")).astype(int)

    def settle(self) -> None:
        """Until no view has sent another picture for a while."""
        sources = "[...document.querySelectorAll('.image-display-area')].map(i => i.src).join()"
        before = ""
        while (now := self.page.evaluate(sources)) != before:
            before = now
            time.sleep(0.4)

    def corner(self) -> tuple[int, int]:
        """Where the box's upper right corner stands in the axial view, page pixels."""
        self.until(lambda: len(self._outline()[0]) > 20)
        x, y = self._outline()
        area = self.page.locator(".layout-grid-item").first.bounding_box()
        return round(area["x"] + x.max()), round(area["y"] + y.min())

    def _outline(self) -> tuple[np.ndarray, np.ndarray]:
        """The pixels of the axial view that have the box's colour."""
        red, green, blue = np.moveaxis(self.axial(), -1, 0)
        y, x = np.nonzero((red > 225) & (abs(green - 128) < 30) & (abs(blue - 128) < 30))
        return x, y

    def drag(self, start: tuple[int, int], by: tuple[int, int]) -> None:
        mouse = self.page.mouse
        mouse.move(*start)
        self.settle()
        mouse.down()
        for step in range(1, 6):
            mouse.move(start[0] + by[0] * step / 5, start[1] + by[1] * step / 5)
            time.sleep(0.05)
        mouse.up()
        self.settle()

    def close(self) -> None:
        self.context.close()


def coloured(picture: np.ndarray) -> float:
    """The share of a picture's pixels that are neither grey nor of the box and its letters."""
    spread = picture.max(axis=-1) - picture.min(axis=-1)
    return float((spread > 40).mean())
