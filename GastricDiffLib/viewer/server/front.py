"""What the server answers to which request."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Awaitable, Callable

import aiohttp
from aiohttp import web

from GastricDiffLib.errors import InputError
from GastricDiffLib.files import size_text
from GastricDiffLib.log import log_exception
from GastricDiffLib.viewer.limits import Limits

from . import pages
from .access import Access
from .headers import add_headers
from .proxy import connect, forward
from .session_process import START_LIMIT, SessionProcess
from .sessions import Sessions, close_gone

_LARGEST_UPLOAD = Limits().upload
_FRAMING = 1 << 20
"""Of the form around an uploaded file."""

_FORM = 1 << 16
_PROMPT = 0.5
_SESSION_PAGE = re.compile(r"/s/[0-9a-f]+/")
_UNSAFE = ("POST", "PUT", "PATCH", "DELETE")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FrontServer:
    """The one server that browsers talk to: it admits them and hands their traffic on.

    ``application``: to be served; ``limit``: of sessions, for the page of a server that is
    full.
    """

    def __init__(
        self, access: Access, sessions: Sessions, http: aiohttp.ClientSession, limit: int
    ) -> None:
        self._access, self._sessions, self._http, self._limit = access, sessions, http, limit
        self.application = web.Application(
            middlewares=[self._answer_errors, self._guard], client_max_size=_FORM
        )
        self.application.on_response_prepare.append(add_headers)
        router = self.application.router
        router.add_get("/", self._begin, allow_head=False)
        router.add_post("/token", self._receive_token)
        router.add_get("/s/{id}", self._add_slash, allow_head=False)
        router.add_get("/s/{id}/ws", self._socket, allow_head=False)
        router.add_post("/s/{id}/paraview/", self._launch)
        router.add_get("/s/{id}/{path:.*}", self._show, allow_head=False)
        router.add_post("/s/{id}/{path:.*}", self._send)

    @web.middleware
    async def _answer_errors(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            return pages.refused(error.status, error.reason)
        except ConnectionError:
            raise
        except Exception:
            log_exception("unexpected error of the viewer's server")
            return pages.failed()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not self._access.knows_host(request):
            return pages.refused(
                403,
                "Not by this name",
                "The viewer answers to this machine's own names alone, such as 127.0.0.1.",
            )
        handshake = "Upgrade" in request.headers
        if (handshake or request.method in _UNSAFE) and not self._access.origin_scheme(request):
            return pages.refused(403, "Not from another page")
        if request.path == "/token":
            return await handler(request)
        if self._access.token is not None and "token" in request.query:
            return await self._exchange(request, request.query["token"], request.path)
        if not self._access.admits(request):
            return pages.token(request.path, wrong=False)
        return await handler(request)

    async def _receive_token(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        return await self._exchange(request, str(form.get("token", "")), str(form.get("path", "")))

    async def _exchange(self, request: web.Request, token: str, path: str) -> web.StreamResponse:
        """The token for a cookie, and on to the address without it."""
        path = path if _SESSION_PAGE.fullmatch(path) else "/"
        if not await self._access.right(token.strip()):
            return pages.token(path, wrong=True)
        response = web.Response(status=303, headers={"Location": path})
        self._access.admit(response)
        return response

    async def _begin(self, request: web.Request) -> web.StreamResponse:
        # A page elsewhere that names this address as a picture's must not start processes.
        if request.headers.get("Sec-Fetch-Dest", "document") != "document":
            return pages.refused(403, "Not from another page")
        visitor = self._access.visitor(request) or self._access.new_visitor()
        try:
            session = await self._sessions.assign(visitor)
        except InputError as error:
            return pages.refused(500, "A session cannot be started", str(error))
        if session is None:
            return pages.full(self._limit)
        response = web.Response(status=303, headers={"Location": f"/s/{session.id}/"})
        self._access.name_visitor(response, visitor)
        return response

    async def _add_slash(self, request: web.Request) -> web.StreamResponse:
        return web.Response(status=308, headers={"Location": f"{request.rel_url.raw_path}/"})

    async def _show(self, request: web.Request) -> web.StreamResponse:
        session = self._find(request)
        if session is None:
            return self._gone(request)
        is_page = request.match_info["path"] in ("", "index.html")
        if not await self._ready(session, _PROMPT if is_page else START_LIMIT):
            return pages.starting() if self._find(request) else self._gone(request)
        try:
            path = "/index.html" if is_page else _inner_path(request)
            return await forward(request, session, self._http, path)
        except aiohttp.ClientError:
            return await self._unanswered(request)

    async def _send(self, request: web.Request) -> web.StreamResponse:
        session = self._find(request)
        if session is None:
            return pages.line(410, self._why(request))
        if request.content_length is None:
            return pages.line(411, "the upload states no length")
        if request.content_length > _LARGEST_UPLOAD + _FRAMING:
            most = size_text(_LARGEST_UPLOAD)
            return pages.line(413, f"larger than {most}: upload one series at a time")
        if not await self._ready(session, START_LIMIT):
            return pages.line(410, self._why(request))
        try:
            return await forward(request, session, self._http, _inner_path(request))
        except aiohttp.ClientError:
            if self._find(request) is not None:
                return pages.line(502, "the session does not answer")
            return pages.line(410, self._why(request))

    async def _launch(self, request: web.Request) -> web.StreamResponse:
        """What the page asks first: where its WebSocket is, and the secret that opens it."""
        session = self._find(request)
        if session is None or not await self._ready(session, START_LIMIT):
            return pages.line(410, self._why(request))
        scheme = "wss" if self._access.origin_scheme(request) == "https" else "ws"
        return web.json_response(
            {
                "id": session.id,
                "sessionURL": f"{scheme}://{request.host}/s/{session.id}/ws",
                "secret": session.config.secret,
            }
        )

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        session = self._find(request)
        if session is None or not await self._ready(session, START_LIMIT):
            browser = web.WebSocketResponse()
            await browser.prepare(request)
            await close_gone(browser, self._why(request))
            return browser
        return await connect(request, session, self._http, lambda: session.ended)

    def _find(self, request: web.Request) -> SessionProcess | None:
        session = self._sessions.find(request.match_info["id"], self._access.visitor(request))
        if session is not None:
            session.seen = time.monotonic()
        return session

    def _gone(self, request: web.Request) -> web.StreamResponse:
        """A page for a person, a line for a page's script."""
        why = self._end_reason(request)
        if "text/html" not in request.headers.get("Accept", ""):
            return pages.line(410, self._why(request))
        return pages.unknown() if why is None else pages.ended(why)

    def _why(self, request: web.Request) -> str:
        return self._end_reason(request) or "This session is not here any more."

    def _end_reason(self, request: web.Request) -> str | None:
        return self._sessions.end_reason(request.match_info["id"], self._access.visitor(request))

    async def _unanswered(self, request: web.Request) -> web.StreamResponse:
        with contextlib.suppress(asyncio.TimeoutError):
            # That its process has died shows a moment later.
            await asyncio.wait_for(self._until_ended(request), 1.0)
        if self._find(request) is None:
            return self._gone(request)
        return pages.refused(502, "The session does not answer", "Reload the page in a while.")

    async def _until_ended(self, request: web.Request) -> None:
        while self._find(request) is not None:
            await asyncio.sleep(0.05)

    @staticmethod
    async def _ready(session: SessionProcess, seconds: float) -> bool:
        """Whether it listens, at the latest after so long."""
        end = time.monotonic() + seconds
        while session.port is None and session.ended is None and time.monotonic() < end:
            await asyncio.sleep(0.05)
            session.refresh()
        return session.ready


def _inner_path(request: web.Request) -> str:
    """From the process's root, as the browser encoded it."""
    path = "/" + request.rel_url.raw_path.split("/", 3)[3]
    query = request.rel_url.raw_query_string
    return f"{path}?{query}" if query else path
