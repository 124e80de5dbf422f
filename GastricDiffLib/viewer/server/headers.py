"""Headers of every answer, whoever made it."""

from __future__ import annotations

from aiohttp import web

_POLICY = {
    "default-src": "'self'",
    # Vue compiles the page's templates in the browser.
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
REFERRER = "Referrer-Policy"
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {what}" for name, what in _POLICY.items()),
    REFERRER: "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "GastricDiff",
}

_PARTS_OF_A_PAGE = ("text/javascript", "application/javascript", "text/css", "font/")


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """To be called when an answer is about to be sent.

    Nothing is kept by the browser but scripts, styles and fonts: pictures and files may show
    a patient. A page of the server itself may have a policy of its own for referrers.
    """
    own = response.headers.get(REFERRER, HEADERS[REFERRER])
    response.headers.update(HEADERS)
    response.headers[REFERRER] = own
    kept = response.status == 200 and response.content_type.startswith(_PARTS_OF_A_PAGE)
    response.headers["Cache-Control"] = "private, max-age=3600" if kept else "no-store"
