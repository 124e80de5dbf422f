"""Draw the README's picture of the browser viewer: the phantom, classified.

    python Resources/Screenshots/draw_viewer.py

Needs Chromium and the viewer's and the tests' packages.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "Testing"), str(HERE.parents[1])]

from viewer_hub import serving  # noqa: E402
from viewer_page import Visitor, chromium  # noqa: E402


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        chromium() as browser,
        serving(Path(folder), standin=False) as server,
    ):
        visitor = Visitor(browser, server.url, size=(1440, 810))
        visitor.classify()
        visitor.page.locator("tr[data-row='6']").click()
        visitor.page.get_by_label("Dismiss").click()
        visitor.settle()
        visitor.page.screenshot(path=HERE / "viewer.png")
        visitor.close()
    print(HERE / "viewer.png")


if __name__ == "__main__":
    main()
