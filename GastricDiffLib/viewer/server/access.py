"""Who may come in: the names this server answers to, the token, and each browser's own cookie."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from urllib.parse import urlsplit

from aiohttp import web

from .options import Options, is_loopback

_SLOW, _WAITING = 0.5, 8
_DEFAULT_PORTS = {"http": 80, "https": 443}
_TOKEN_BYTES = 32


class Access:
    """``token``: None where none is demanded; ``port``: of this server, once it is bound."""

    def __init__(self, options: Options) -> None:
        demanded = options.token or not options.loopback
        self.token = secrets.token_urlsafe(_TOKEN_BYTES) if demanded else None
        self.port = 0
        self._options = options
        # The token is typed and seen; what the browser keeps is not the token.
        self._pass = secrets.token_urlsafe(_TOKEN_BYTES)
        self._gate, self._waiting = asyncio.Lock(), 0

    def knows_host(self, request: web.Request) -> bool:
        """Whether a request came by a name of this machine.

        On loopback, any other name is of a page elsewhere whose name was made to mean this
        machine. Its port may be another's: that of a tunnel.
        """
        try:
            name = urlsplit(f"//{request.host}").hostname or ""
        except ValueError:
            return False
        if not self._options.loopback:
            return bool(name)
        return is_loopback(name) or name == self._options.host.lower()

    @staticmethod
    def origin_scheme(request: web.Request) -> str | None:
        """http or https where the request comes from a page of this server, else None."""
        origin = request.headers.get("Origin", "")
        try:
            page = urlsplit(origin)
            here = urlsplit(f"{page.scheme}://{request.host}")
            default = _DEFAULT_PORTS[page.scheme]
            same = (page.hostname, page.port or default) == (here.hostname, here.port or default)
        except (ValueError, KeyError):
            return None
        return page.scheme if same and page.hostname else None

    def admits(self, request: web.Request) -> bool:
        if self.token is None:
            return True
        return _same(request.cookies.get(self._cookie, ""), self._pass)

    async def right(self, token: str) -> bool:
        """Whether it is the token; wrong ones are answered two a second.

        Raises
        ------
        HTTPTooManyRequests
            Many wait for an answer already.
        """
        if self._waiting >= _WAITING:
            raise web.HTTPTooManyRequests
        self._waiting += 1
        try:
            async with self._gate:
                if self.token is not None and _same(token, self.token):
                    return True
                await asyncio.sleep(_SLOW)
                return False
        finally:
            self._waiting -= 1

    def admit(self, response: web.StreamResponse) -> None:
        self._keep(response, self._cookie, self._pass)

    def visitor(self, request: web.Request) -> str | None:
        """Which browser this is; None before it was given its cookie."""
        return request.cookies.get(self._visitor_cookie) or None

    def name_visitor(self, response: web.StreamResponse, visitor: str) -> None:
        self._keep(response, self._visitor_cookie, visitor)

    @staticmethod
    def new_visitor() -> str:
        return secrets.token_urlsafe(24)

    # Browsers distinguish hosts, not ports: each server has cookies of its own names.
    @property
    def _cookie(self) -> str:
        return f"gastricdiff-{self.port}"

    @property
    def _visitor_cookie(self) -> str:
        return f"gastricdiff-visitor-{self.port}"

    def _keep(self, response: web.StreamResponse, name: str, value: str) -> None:
        secure = self._options.certificate is not None
        response.set_cookie(name, value, httponly=True, samesite="Strict", secure=secure, path="/")


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())
