"""From the start of the server to its end, which a signal brings."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import signal
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aiohttp import web

from GastricDiffLib.errors import Cancelled, InputError
from GastricDiffLib.log import log_exception
from GastricDiffLib.progress import Reporter

from .access import Access
from .folder import remove_abandoned, server_folder
from .front import FrontServer
from .options import Options
from .proxy import client
from .sessions import Sessions

_LEAVING = 1.0
"""Seconds that requests have to end when the server does."""

_LINGERING = 3.0
"""Seconds that an upload that was refused may go on: browsers read no answer while they send."""

_OPEN = (
    "anyone who reads this network's traffic sees the images: better reach the server by an SSH "
    "tunnel, or give it a --certificate"
)
_OWN = "give --host an address of this machine"


def serve(options: Options, console: Reporter) -> None:
    """Serve until SIGINT or SIGTERM, then end all sessions and remove what they kept.

    ``options``: checked.

    Raises
    ------
    InputError
        The certificate, the address or the port will not do; nothing was started.
    Cancelled
        By a signal, after all has ended.
    """
    context = options.tls()
    _keep_quiet()
    remove_abandoned()
    with server_folder() as folder:
        asyncio.run(_serve(options, folder, context, console))
    raise Cancelled


async def _serve(
    options: Options, folder: Path, context: ssl.SSLContext | None, console: Reporter
) -> None:
    asyncio.get_running_loop().set_exception_handler(_log)
    stop, at_once = asyncio.Event(), asyncio.Event()
    access = Access(options)
    async with client() as http:
        sessions = Sessions(folder, options, http, console.note)
        front = FrontServer(access, sessions, http, options.sessions)
        runner = web.AppRunner(
            front.application, access_log=None, shutdown_timeout=_LEAVING, lingering_time=_LINGERING
        )
        await runner.setup()
        try:
            access.port = await _bind(runner, options, context)
            with _signals(stop, at_once):
                watch = asyncio.create_task(sessions.watch())
                _announce(options, access, context, console)
                await stop.wait()
                for site in list(runner.sites):
                    await site.stop()
                watch.cancel()
                await asyncio.gather(watch, return_exceptions=True)
                await sessions.close(at_once)
        finally:
            await runner.cleanup()


async def _bind(runner: web.AppRunner, options: Options, context: ssl.SSLContext | None) -> int:
    """Listen; the port, which matters where any free one was asked for."""
    site = web.TCPSite(runner, options.host, options.port, ssl_context=context)
    try:
        await site.start()
    except socket.gaierror as error:
        raise InputError("no such address", options.host, _OWN) from error
    except OSError as error:
        where = f"{options.host}, port {options.port}"
        if error.errno == errno.EADDRINUSE:
            hint = "another server runs there: end it, or name another --port, 0 for any free one"
            raise InputError("the port is taken", where, hint) from error
        if error.errno == errno.EACCES:
            raise InputError(
                "the port is not for all users", where, "name one above 1023"
            ) from error
        raise InputError("cannot serve there", where, _OWN) from error
    return int(runner.addresses[0][1])


def _announce(
    options: Options, access: Access, context: ssl.SSLContext | None, console: Reporter
) -> None:
    host = options.host
    if host in ("", "0.0.0.0", "::"):
        host = socket.gethostname()
    address = f"[{host}]" if ":" in host else host
    url = f"{'https' if context else 'http'}://{address}:{access.port}/"
    if access.token is not None:
        url += f"?token={access.token}"
    if not options.loopback and context is None:
        console.note(_OPEN)
    console.result(url=url)
    if not console.events:
        console.note("open it in a browser; Ctrl+C ends the server and removes what it was given")


@contextlib.contextmanager
def _signals(stop: asyncio.Event, at_once: asyncio.Event) -> Iterator[None]:
    """The first signal sets ``stop``, the next ``at_once``; as before afterwards."""
    loop = asyncio.get_running_loop()

    def ask() -> None:
        (at_once if stop.is_set() else stop).set()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(ask)) for number in numbers
    ]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _keep_quiet() -> None:
    """Of requests nothing is logged; what fails goes to the log, not to the terminal."""
    logger = logging.getLogger("aiohttp")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False


def _log(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    if (error := context.get("exception")) is not None:
        try:
            raise error
        except Exception:
            log_exception("unexpected error of the viewer's server")
