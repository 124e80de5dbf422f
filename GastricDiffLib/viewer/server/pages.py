"""The server's own small pages: dark as the viewer is, complete without another request."""

from __future__ import annotations

from html import escape

from aiohttp import web

from GastricDiffLib import RESEARCH_USE

from .headers import REFERRER

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark">{head}
<title>{title} · GastricDiff</title>
<link rel="icon" href="data:,">
<style>
html {{ height: 100%; background: #151a1f; color: #d5dbe1;
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }}
body {{ min-height: 100%; margin: 0; display: flex; align-items: center; justify-content: center; }}
main {{ width: 26rem; max-width: 100%; box-sizing: border-box; padding: 1.5rem;
  overflow-wrap: anywhere; }}
.name {{ color: #8b98a5; letter-spacing: .04em; margin: 0 0 1.25rem; }}
h1 {{ font-size: 1.5rem; font-weight: 600; line-height: 1.25; margin: 0 0 .75rem; color: #f2f5f7; }}
p {{ margin: 0 0 1rem; }}
small {{ display: block; color: #8b98a5; margin-top: 2rem; font-size: .8125rem; }}
a.button, button {{ display: inline-block; font: inherit; font-weight: 600; color: #06181c;
  background: #4db6c4; border: 0; border-radius: .375rem; padding: .5rem 1.125rem;
  text-decoration: none; cursor: pointer; }}
a.button:hover, button:hover {{ background: #6cc8d5; }}
:focus-visible {{ outline: 2px solid #f2f5f7; outline-offset: 2px; }}
label {{ display: block; margin-bottom: .375rem; }}
input {{ display: block; width: 100%; box-sizing: border-box; font: inherit; color: #f2f5f7;
  background: #0d1115; border: 1px solid #4a5763; border-radius: .375rem;
  padding: .5rem .625rem; margin-bottom: 1rem; }}
.bar {{ height: 3px; border-radius: 2px; overflow: hidden; background: #2a333c; }}
.bar i {{ display: block; height: 100%; width: 30%; background: #4db6c4;
  animation: go 1.6s ease-in-out infinite alternate; }}
@keyframes go {{ to {{ margin-left: 70%; }} }}
@media (prefers-reduced-motion: reduce) {{ .bar i {{ animation: none; width: 100%; }} }}
</style>
</head>
<body>
<main>
<p class="name">GastricDiff</p>
<h1>{title}</h1>
{body}
<small>{note}</small>
</main>
</body>
</html>
"""
_BEGIN = '<p><a class="button" href="/">Begin a new session</a></p>'
_NOT_KEPT = "Its CT, box and results are not kept on the server."


def _page(
    status: int, title: str, *paragraphs: str, form: str = "", head: str = ""
) -> web.Response:
    """``paragraphs`` are text, ``form`` and ``head`` HTML."""
    body = "\n".join([*(f"<p>{escape(text)}</p>" for text in paragraphs), form])
    text = _PAGE.format(title=escape(title), body=body, note=escape(RESEARCH_USE), head=head)
    return web.Response(status=status, text=text, content_type="text/html")


def starting() -> web.Response:
    """Comes again by itself until the session is there."""
    return _page(
        202,
        "The viewer is starting",
        "This takes a few seconds.",
        form='<div class="bar" role="progressbar" aria-label="starting"><i></i></div>',
        head='\n<meta http-equiv="refresh" content="1">',
    )


def ended(why: str) -> web.Response:
    return _page(410, "This session has ended", why, _NOT_KEPT, form=_BEGIN)


def unknown() -> web.Response:
    text = "It has ended, the server was started anew since, or it was begun in another browser."
    return _page(410, "This session is not here", text, _NOT_KEPT, form=_BEGIN)


def full(limit: int) -> web.Response:
    page = _page(
        503,
        "All sessions are in use",
        f"This server holds {limit} at a time; one becomes free when its page has been closed "
        "for a while.",
        form='<p><a class="button" href="/">Try again</a></p>',
    )
    page.headers["Retry-After"] = "60"
    return page


def token(path: str, wrong: bool) -> web.Response:
    """A form for the token; afterwards the browser goes on to ``path``."""
    text = "The token was printed where the server was started."
    if wrong:
        text = f"That was not the token. {text}"
    form = (
        '<form method="post" action="/token"><label for="token">Token</label>'
        '<input id="token" name="token" type="password" autocomplete="off" required autofocus>'
        f'<input name="path" type="hidden" value="{escape(path)}">'
        "<button>Open the viewer</button></form>"
    )
    page = _page(401, "A token is needed", text, form=form)
    # Without any referrer, browsers do not send of which page a form is either.
    page.headers[REFERRER] = "same-origin"
    return page


def failed() -> web.Response:
    text = "The reason stands in the log on the server."
    return _page(500, "Something went wrong", text, form=_BEGIN)


def refused(status: int, title: str, *paragraphs: str) -> web.Response:
    return _page(status, title, *paragraphs)


def line(status: int, text: str) -> web.Response:
    """For the viewer's page, which shows the line itself."""
    return web.json_response({"error": text}, status=status)
