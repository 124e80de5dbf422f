"""The server's own small pages: dark as the viewer is, complete without another request."""

from __future__ import annotations

from aiohttp import web

from GastricDiffLib import RESEARCH_USE
from GastricDiffLib.templates import render

from .headers import REFERRER

_BEGIN = "Begin a new session"
_NOT_KEPT = "Its CT, box and results are not kept on the server."


def _page(
    status: int,
    title: str,
    *paragraphs: str,
    button: str = "",
    starting: bool = False,
    token_path: str | None = None,
) -> web.Response:
    """All text is escaped; ``button`` leads to a new session, ``token_path`` asks for a token."""
    text = render(
        "viewer/server/page.html",
        title=title,
        paragraphs=paragraphs,
        button=button,
        starting=starting,
        token_path=token_path,
        use=RESEARCH_USE,
    )
    return web.Response(status=status, text=text, content_type="text/html")


def starting() -> web.Response:
    """Loads itself again until the session is there."""
    return _page(202, "The viewer is starting", "This takes a few seconds.", starting=True)


def ended(why: str) -> web.Response:
    return _page(410, "This session has ended", why, _NOT_KEPT, button=_BEGIN)


def unknown() -> web.Response:
    text = "It has ended, the server was started anew since, or it was begun in another browser."
    return _page(410, "This session is not here", text, _NOT_KEPT, button=_BEGIN)


def full(limit: int) -> web.Response:
    page = _page(
        503,
        "All sessions are in use",
        f"This server holds {limit} at a time; one becomes free when its page has been closed "
        "for a while.",
        button="Try again",
    )
    page.headers["Retry-After"] = "60"
    return page


def token(path: str, wrong: bool) -> web.Response:
    """A form for the token; afterwards the browser goes on to ``path``."""
    text = "The token was printed where the server was started."
    if wrong:
        text = f"That was not the token. {text}"
    page = _page(401, "A token is needed", text, token_path=path)
    # Without any referrer, browsers do not send of which page a form is either.
    page.headers[REFERRER] = "same-origin"
    return page


def failed() -> web.Response:
    text = "The reason stands in the log on the server."
    return _page(500, "Something went wrong", text, button=_BEGIN)


def refused(status: int, title: str, *paragraphs: str) -> web.Response:
    return _page(status, title, *paragraphs)


def line(status: int, text: str) -> web.Response:
    """For the viewer's page, which shows the line itself."""
    return web.json_response({"error": text}, status=status)
