"""What passes between a browser and its session's process: requests, files, a WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import aiohttp
from aiohttp import WSCloseCode, WSMsgType, web
from yarl import URL

from GastricDiffLib.viewer.config import SECRET_HEADER

from .session_process import SessionProcess
from .sessions import close_gone

BLOCK = 1 << 16
LARGEST_MESSAGE = 1 << 26
_HEARTBEAT = 30.0
_DEATH_SHOWS = 1.0

# Cookies stay with the server: a session's process is not to know what else a browser may open.
_ASKED = (
    "Accept",
    "Content-Length",
    "Content-Type",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "Range",
)
_ANSWERED = (
    "Accept-Ranges",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Length",
    "Content-Range",
    "Content-Type",
    "ETag",
    "Last-Modified",
)


def client() -> aiohttp.ClientSession:
    """For requests to sessions' processes: nothing of one is kept for another."""
    return aiohttp.ClientSession(
        # A kept connection may just be closing when it is used again.
        connector=aiohttp.TCPConnector(limit=0, force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
        auto_decompress=False,
        skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
    )


async def forward(
    request: web.Request, session: SessionProcess, http: aiohttp.ClientSession, path: str
) -> web.StreamResponse:
    """Hand a request on and its answer back, in pieces: neither is ever held whole.

    ``path``: encoded, from the process's root.

    Raises
    ------
    aiohttp.ClientError
        The process did not answer.
    """
    headers = {name: request.headers[name] for name in _ASKED if name in request.headers}
    headers[SECRET_HEADER] = session.config.secret
    body = request.content.iter_chunked(BLOCK) if request.can_read_body else None
    url = URL(f"{session.url}{path}", encoded=True)
    async with http.request(
        request.method, url, headers=headers, data=body, allow_redirects=False
    ) as answer:
        response = web.StreamResponse(status=answer.status)
        for name in _ANSWERED:
            if name in answer.headers:
                response.headers[name] = answer.headers[name]
        await response.prepare(request)
        try:
            async for block in answer.content.iter_chunked(BLOCK):
                await response.write(block)
            await response.write_eof()
        except (aiohttp.ClientError, ConnectionError):
            # One side went away: cut short, so that the other does not take a part for the whole.
            if request.transport is not None:
                request.transport.abort()
    return response


async def connect(
    request: web.Request,
    session: SessionProcess,
    http: aiohttp.ClientSession,
    ended: Callable[[], str | None],
) -> web.WebSocketResponse:
    """Join a browser's WebSocket and its session's until one of them closes.

    ``ended``: asks why the session has ended; None while it lives.
    """
    browser = web.WebSocketResponse(
        heartbeat=_HEARTBEAT, compress=False, max_msg_size=LARGEST_MESSAGE
    )
    await browser.prepare(request)
    session.browsers.add(browser)
    try:
        # No heartbeat to this side: on one machine a death shows, and long work is no death.
        async with http.ws_connect(
            f"{session.url}/ws",
            headers={SECRET_HEADER: session.config.secret},
            max_msg_size=LARGEST_MESSAGE,
        ) as inner:
            pumps = [
                asyncio.create_task(_pump(browser, inner)),
                asyncio.create_task(_pump(inner, browser)),
            ]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
            code = inner.close_code
    except aiohttp.ClientError:
        code = None
    finally:
        session.browsers.discard(browser)
    if not browser.closed:
        await _close(browser, code, ended)
    return browser


async def _pump(
    source: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
    sink: web.WebSocketResponse | aiohttp.ClientWebSocketResponse,
) -> None:
    """Until the source closes or the sink can take no more."""
    with contextlib.suppress(ConnectionError, aiohttp.ClientError):
        async for message in source:
            if message.type is WSMsgType.BINARY:
                await sink.send_bytes(message.data)
            elif message.type is WSMsgType.TEXT:
                await sink.send_str(message.data)
            else:
                return


async def _close(
    browser: web.WebSocketResponse, code: int | None, ended: Callable[[], str | None]
) -> None:
    """Close a browser's side with the reason of the other's end, which shows a moment later."""
    for _ in range(int(_DEATH_SHOWS / 0.05)):
        if (why := ended()) is not None:
            await close_gone(browser, why)
            return
        if code == WSCloseCode.OK:
            break
        await asyncio.sleep(0.05)
    await browser.close(code=WSCloseCode.GOING_AWAY)
