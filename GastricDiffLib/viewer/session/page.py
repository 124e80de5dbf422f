"""The page: panels left and right of the views."""

from __future__ import annotations

from typing import Any

from trame.ui.vuetify3 import VAppLayout
from trame.widgets import html

from GastricDiffLib.viewer.session.templates import PAGE, template

_ASSETS = "gastricdiff"
_COLOURS = {"primary": "#4db6c4", "on-primary": "#06181c", "surface": "#151a1f"}
_THEME = {"theme": {"defaultTheme": "dark", "themes": {"dark": {"colors": _COLOURS}}}}


def build_page(server: Any, views: Any) -> None:
    """Make the page of a session around ``views``, trame-slicer's layout of Slicer's views."""
    server.enable_module(
        {
            "serve": {_ASSETS: str(PAGE)},
            "scripts": [f"{_ASSETS}/page.js"],
            "styles": [f"{_ASSETS}/page.css"],
        }
    )
    server.state.trame__title = "GastricDiff, for research use only"
    server.state.trame__favicon = None
    with VAppLayout(server, vuetify_config=_THEME) as page:
        html.Div(template("header.html"), classes="gd-header")
        with html.Div(classes="gd-body"):
            html.Div(template("case.html"), classes="gd-panel gd-left")
            with html.Div(classes="gd-views"):
                views.initialize_layout_grid(page)
            html.Div(template("result.html"), classes="gd-panel gd-right", v_if="vote")
        html.Div(template("notices.html"))
    views.set_layout("Axial primary")
