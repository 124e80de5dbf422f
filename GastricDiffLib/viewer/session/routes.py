"""What the session answers beside trame's page: uploads, downloads, and how it is."""

from __future__ import annotations

import hmac
import shutil
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from aiohttp import BodyPartReader, web

from GastricDiffLib.app.open_case import OpenCase
from GastricDiffLib.app.report import REPORT, write_report
from GastricDiffLib.errors import InputError
from GastricDiffLib.files import size_text
from GastricDiffLib.log import log_exception
from GastricDiffLib.results.files import CASE, SLICES
from GastricDiffLib.scene.files import save_scene
from GastricDiffLib.viewer.config import SECRET_HEADER, Config
from GastricDiffLib.viewer.uploads import Limits, write_upload

SCENE = "scene.mrb"
_CHUNK = 1 << 20


class ServedSession(Protocol):
    """What the handlers ask of the session."""

    @property
    def busy(self) -> bool:
        """Whether something is being opened or classified."""
        ...

    @property
    def state(self) -> AbstractContextManager[Any]:
        """The page's state; changes within it are sent when it is left."""
        ...

    @property
    def case(self) -> OpenCase:
        """The CT and box that are open."""
        ...

    def open_upload(self, folder: Path) -> None:
        """Open what was uploaded into the folder."""
        ...


class Routes:
    """Handlers of one session; errors come back as JSON with one line, ``error``."""

    def __init__(self, session: ServedSession, config: Config) -> None:
        self._session, self._folder, self._secret = session, config.folder, config.secret
        self._limits = Limits()
        self._handlers: list[Any] = []

    def bind(self, wslink_server: Any) -> None:
        """Add the routes to trame's own server."""
        app = wslink_server.app
        app.middlewares.append(self._admit())
        app.router.add_get("/status", self.status)
        app.router.add_post("/upload", _one_line(self.upload))
        app.router.add_get("/download/{name}", _one_line(self.download))
        self._handlers = wslink_server._ws_handlers

    async def status(self, _request: web.Request) -> web.Response:
        clients = sum(len(handler.connections) for handler in self._handlers)
        return web.json_response({"clients": clients, "busy": self._session.busy})

    async def upload(self, request: web.Request) -> web.Response:
        """Keep the files under names of our own, then have them opened."""
        if self._session.busy:
            raise InputError("the session is busy", hint="wait, or cancel the classification")
        folder = Path(tempfile.mkdtemp(prefix="upload-", dir=self._folder))
        try:
            await self._receive(request, folder)
            with self._session.state:
                self._session.open_upload(folder)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return web.json_response({})

    async def _receive(self, request: web.Request, folder: Path) -> None:
        names: list[str] = []
        size = 0
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if len(names) >= self._limits.files:
                raise InputError(f"more than {self._limits.files} files", hint="send one series")
            if not isinstance(part, BodyPartReader):
                raise InputError("a file made of several", hint="send the files one by one")
            names.append(str(part.filename or ""))
            with (folder / f"{len(names):04}").open("wb") as file:
                while chunk := await part.read_chunk(_CHUNK):
                    size += len(chunk)
                    if size > self._limits.upload:
                        excess = f"more than {size_text(self._limits.upload)}"
                        raise InputError(excess, hint="send one series")
                    file.write(chunk)
        if not names:
            raise InputError("no files came", hint="choose some")
        write_upload(folder, names)

    async def download(self, request: web.Request) -> web.Response:
        """A result's report, its tables, or the scene."""
        make = {REPORT: self._report, SLICES: self._report, CASE: self._report, SCENE: self._scene}
        name = request.match_info["name"]
        if name not in make:
            raise web.HTTPNotFound
        folder = Path(tempfile.mkdtemp(prefix="download-", dir=self._folder))
        try:
            body = make[name](folder, name).read_bytes()
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        kind = {"html": "text/html", "csv": "text/csv", "json": "application/json"}
        return web.Response(
            body=body,
            content_type=kind.get(name.rpartition(".")[2], "application/octet-stream"),
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def _report(self, folder: Path, name: str) -> Path:
        return write_report(folder, self._session.case.require_ct()) / name

    def _scene(self, folder: Path, name: str) -> Path:
        self._session.case.require_ct()
        save_scene(self._session.case.scene, folder / name)
        return folder / name

    def _admit(self) -> Any:
        secret = self._secret

        @web.middleware
        async def admit(request: web.Request, handler: Any) -> Any:
            given = request.headers.get(SECRET_HEADER, "")
            if not hmac.compare_digest(given.encode(), secret.encode()):
                raise web.HTTPForbidden
            return await handler(request)

        return admit


def _one_line(handler: Callable[[web.Request], Any]) -> Callable[[web.Request], Any]:
    """The handler with its errors as one line that the page shows."""

    async def answer(request: web.Request) -> web.Response:
        try:
            answered: web.Response = await handler(request)
            return answered
        except InputError as error:
            return web.json_response({"error": str(error)}, status=422)
        except (web.HTTPException, ConnectionError):
            raise
        except Exception as error:
            log_exception("unexpected error in the viewer", __name__)
            line = f"unexpected {type(error).__name__}; details are in the log"
            return web.json_response({"error": line}, status=500)

    return answer
