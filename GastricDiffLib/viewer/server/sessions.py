"""All sessions of a server: at most so many, one kept ready, and none without its browser."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import aiohttp
from aiohttp import web

from GastricDiffLib.errors import InputError
from GastricDiffLib.log import log_exception
from GastricDiffLib.viewer.config import SECRET_HEADER

from .options import Options
from .session_process import SessionProcess

GONE = 4410
"""WebSocket close code, after HTTP's 410: the session has ended, nobody can come back to it."""

_TICK = 0.1
_SPARE_AFTER = 5.0
_PATIENCE = 5.0
_ASKED_EVERY = 30.0
_ABANDONED = 10.0
"""Seconds without a browser after which a session gives its place to a newer one of its visitor; a
page that is being loaded has none either."""

_REMEMBERED = 200


class Sessions:
    """The processes of all sessions.

    ``server``: the folder of :func:`folder.server_folder`; ``client``: for requests to the
    processes; ``note``: shows a line on the server's console.
    """

    def __init__(
        self,
        server: Path,
        options: Options,
        client: aiohttp.ClientSession,
        note: Callable[[str], None],
    ) -> None:
        self._server, self._options, self._client, self._note = server, options, client, note
        self._assigned: dict[str, SessionProcess] = {}
        self._spare: SessionProcess | None = None
        self._spare_due = 0.0
        self._closing_down: dict[SessionProcess, float] = {}
        self._ended: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self._asked: dict[str, float] = {}
        self._assigning = asyncio.Lock()
        self._closing: set[asyncio.Task[None]] = set()

    async def assign(self, visitor: str) -> SessionProcess | None:
        """A session for this visitor, ready or starting; None where there are too many.

        Then one of the visitor's own that no browser shows and that does nothing gives its place.

        Raises
        ------
        InputError
            Its process cannot be started.
        """
        async with self._assigning:
            if len(self._assigned) >= self._options.sessions and not await self._free_place(
                visitor
            ):
                return None
            session, self._spare = self._spare, None
            if session is not None:
                session.refresh()
            if session is None or session.ended is not None:
                if session is not None:
                    self._retire(session)
                session = SessionProcess(self._server, self._options)
            session.visitor, session.seen = visitor, time.monotonic()
            self._assigned[session.id] = session
            # The one that is opened now needs the machine first.
            self._spare_due = time.monotonic() + _SPARE_AFTER
            return session

    def find(self, name: str, visitor: str | None) -> SessionProcess | None:
        """The session of that name if it runs and is this visitor's."""
        session = self._assigned.get(name)
        if session is None or visitor is None or session.visitor != visitor:
            return None
        session.refresh()
        if session.ended is not None:
            self._retire(session)
            return None
        return session

    def end_reason(self, name: str, visitor: str | None) -> str | None:
        """Why this visitor's session of that name ended; None for all that are not known."""
        owner, why = self._ended.get(name, (None, ""))
        return why if visitor is not None and owner == visitor else None

    async def watch(self) -> None:
        """Without end: remove the ended, end the idle, keep a spare."""
        while True:
            try:
                await self._check_all(time.monotonic())
            except Exception:
                # A full disk, for one, which may pass: the sessions must not end for it.
                log_exception("unexpected error of the viewer's server")
            await asyncio.sleep(_TICK)

    async def close(self, at_once: asyncio.Event) -> None:
        """End all within seconds, or by force as soon as ``at_once`` is set."""
        for session in self._running():
            session.end("The server was stopped.")
            self._retire(session)
        given_up = time.monotonic() + 2 * _PATIENCE
        while self._closing_down and time.monotonic() < given_up:
            if at_once.is_set():
                self._closing_down = dict.fromkeys(self._closing_down, 0.0)
            await self._remove_gone()
            await asyncio.sleep(_TICK / 2)

    def _running(self) -> list[SessionProcess]:
        return [*self._assigned.values(), *([self._spare] if self._spare else [])]

    async def _check_all(self, now: float) -> None:
        for session in self._running():
            session.refresh()
            if session.ended is not None:
                self._retire(session)
            elif session.browsers:
                session.seen = now
        await self._end_idle(now)
        await self._remove_gone()
        self._keep_spare(now)

    def _retire(self, session: SessionProcess) -> None:
        """Take an ended one out; its browsers hear of it, the rest follows at its process's end."""
        self._asked.pop(session.id, None)
        if self._assigned.pop(session.id, None) is not None:
            self._ended[session.id] = session.visitor or "", session.ended or ""
            while len(self._ended) > _REMEMBERED:
                self._ended.popitem(last=False)
        elif session is self._spare:
            self._spare = None
        if session.died and session.port is None:
            # What cannot start is not tried for ever; the next visitor reads why.
            self._spare_due = float("inf")
        if session not in self._closing_down:
            if session.died:
                self._note(f"{time.strftime('%H:%M:%S')} a session ended {_how(session)}")
            self._closing_down[session] = time.monotonic() + _PATIENCE

    async def _remove_gone(self) -> None:
        for session, deadline in list(self._closing_down.items()):
            for browser in list(session.browsers):
                session.browsers.discard(browser)
                # A browser that does not answer must not hold up the others.
                task = asyncio.create_task(close_gone(browser, session.ended or ""))
                self._closing.add(task)
                task.add_done_callback(self._closing.discard)
            if session.gone():
                await asyncio.to_thread(session.remove)
                del self._closing_down[session]
            elif time.monotonic() > deadline:
                session.job.kill()

    def _keep_spare(self, now: float) -> None:
        if self._spare is not None or now < self._spare_due:
            return
        if len(self._assigned) >= self._options.sessions:
            return
        try:
            self._spare = SessionProcess(self._server, self._options)
        except (InputError, OSError):
            self._spare_due = float("inf")

    async def _end_idle(self, now: float) -> None:
        for session in list(self._assigned.values()):
            if now - session.seen < self._options.idle:
                continue
            if now < self._asked.get(session.id, 0.0):
                continue
            self._asked[session.id] = now + min(_ASKED_EVERY, self._options.idle)
            if not await self._busy(session) and not session.browsers:
                session.end("No browser has been connected to it for a while.")
                self._retire(session)

    async def _free_place(self, visitor: str) -> bool:
        before = time.monotonic() - min(_ABANDONED, self._options.idle / 4)
        own = [
            one for one in self._assigned.values() if one.visitor == visitor and one.seen < before
        ]
        for session in sorted(own, key=lambda one: one.seen):
            if not session.browsers and not await self._busy(session) and not session.browsers:
                session.end("It was given up for a newer one of yours.")
                self._retire(session)
                return True
        return False

    async def _busy(self, session: SessionProcess) -> bool:
        """Whether it works on something; one that does not answer works on nothing."""
        if not session.ready:
            return False
        headers, timeout = {SECRET_HEADER: session.config.secret}, aiohttp.ClientTimeout(total=5)
        with contextlib.suppress(aiohttp.ClientError, asyncio.TimeoutError, ValueError):
            url = f"{session.url}/status"
            async with self._client.get(url, headers=headers, timeout=timeout) as answer:
                return bool((await answer.json()).get("busy"))
        return False


def _how(session: SessionProcess) -> str:
    """Nothing of what it worked on, but what kept it from starting: files of the server's own."""
    code = session.job.exit_code
    if session.port is None and session.ended:
        return f"before it began: {session.ended}"
    return f"by signal {-code}" if code is not None and code < 0 else f"with code {code}"


async def close_gone(browser: web.WebSocketResponse, why: str) -> None:
    """Close a browser's WebSocket: its session has ended."""
    # A reason has at most 123 bytes.
    await browser.close(code=GONE, message=why.encode()[:120])
