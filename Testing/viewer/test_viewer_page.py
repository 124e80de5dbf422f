"""The page by itself: keys, windows, drawing, and that nothing is cut off."""

import numpy as np
import pytest
from viewer_page import Visitor
from viewer_server import serving

CUT = """
() => [...document.querySelectorAll('.gd-header > *, .gd-panel p, .gd-panel h2, .gd-panel .v-btn, '
  + '.gd-panel td, .gd-panel th, .frame span')].filter(e => {
  const box = e.getBoundingClientRect();
  const panel = (e.closest('.gd-panel, .frame') || document.body).getBoundingClientRect();
  return box.width && (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline'
    || box.right > panel.right + 1 || box.left < panel.left - 1);
}).map(e => e.outerHTML.slice(0, 120))
"""


@pytest.fixture(scope="module")
def visitor(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("viewer")
    with serving(folder, standin=False) as server:
        visitor = Visitor(browser, server.url)
        yield visitor
        visitor.close()
        assert visitor.faults == []


def position(visitor):
    return float(visitor.text(".frame .at >> nth=0").split()[1].replace("−", "-"))


def test_keys_turn_the_axial_view(visitor):
    visitor.page.locator("body").focus()
    start = position(visitor)
    for key, moved in (("ArrowUp", 3.75), ("ArrowDown", 0), ("PageUp", 18.75), ("PageDown", 0)):
        visitor.page.keyboard.press(key)
        visitor.until(lambda: abs(position(visitor) - start - moved) < 0.06)  # noqa: B023


def test_a_window_shows_what_it_is_for(visitor):
    abdomen = visitor.axial()
    visitor.page.get_by_role("button", name="Lung").click()
    visitor.until(lambda: np.mean(visitor.axial()) > np.mean(abdomen) + 10)
    visitor.page.get_by_role("button", name="Abdomen").click()
    visitor.until(lambda: abs(visitor.axial() - abdomen).mean() < 1)


def test_a_box_is_drawn_by_two_clicks_and_escape_ends_that(visitor):
    visitor.page.get_by_role("button", name="Draw").click()
    visitor.until(lambda: visitor.state("drawing"))
    visitor.page.keyboard.press("Escape")
    visitor.until(lambda: not visitor.state("drawing"))
    assert visitor.state("problem")

    visitor.page.get_by_role("button", name="Draw").click()
    visitor.until(lambda: visitor.state("drawing"))
    visitor.drag((700, 180), (0, 0))
    visitor.drag((790, 270), (0, 0))
    visitor.until(lambda: not visitor.state("drawing") and not visitor.state("problem"))
    assert "cuts" in visitor.box


def test_tab_reaches_the_button_and_enter_classifies(visitor):
    visitor.page.locator("body").click(position={"x": 5, "y": 700})
    for _ in range(40):
        visitor.page.keyboard.press("Tab")
        if visitor.page.evaluate("document.activeElement.dataset.test") == "classify":
            break
    visitor.page.keyboard.press("Enter")
    visitor.wait_for_vote()
    visitor.page.locator("tr[data-row='2']").focus()
    visitor.page.keyboard.press("ArrowDown")
    row = visitor.rows[3][0].replace("−", "-")
    visitor.until(lambda: abs(position(visitor) - float(row)) < 0.06)
    visitor.page.locator("body").focus()
    visitor.page.keyboard.press("h")
    visitor.until(lambda: not visitor.state("overlay"))


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_nothing_is_cut_off(visitor, size, tmp_path):
    visitor.page.set_viewport_size({"width": size[0], "height": size[1]})
    visitor.settle()
    visitor.page.screenshot(path=tmp_path / "page.png")
    assert visitor.page.evaluate(CUT) == []
    page = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    assert visitor.page.evaluate(page) == list(size)
