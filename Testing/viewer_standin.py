"""What a real viewer session cannot be brought to do: a server whose sessions are small servers.

``python viewer_standin.py COMMAND …`` is ``gastricdiff COMMAND …``, but that a session's process
answers by a few lines that keep to the server's side of the contract: they die, hang, count what is
sent to them and show what they were asked.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path

from aiohttp import WSMsgType, web

from GastricDiffLib.errors import InputError
from GastricDiffLib.files import replacing
from GastricDiffLib.jobs.child import attended
from GastricDiffLib.viewer.config import PORT_FILE, SECRET_HEADER, Config

SLOW, HUNG, BROKEN = "STANDIN_SLOW", "STANDIN_DEAF", "STANDIN_BROKEN"
"""Environment: seconds until it listens; it does not end when asked; it does not start."""


class Standin:
    def __init__(self, config: Config) -> None:
        self.config, self.busy, self.clients = config, False, 0

    @web.middleware
    async def guard(self, request, handler):
        if request.headers.get(SECRET_HEADER) != self.config.secret:
            return web.Response(status=403)
        return await handler(request)

    async def page(self, request):
        return web.Response(text=f"page of {os.getpid()}", content_type="text/html")

    async def script(self, request):
        return web.Response(text="let a = 1;", content_type="text/javascript")

    async def reported(self, request):
        """Which headers and which address came through."""
        return web.json_response({"headers": dict(request.headers), "path": request.raw_path})

    async def status(self, request):
        return web.json_response({"clients": self.clients, "busy": self.busy})

    async def work(self, request):
        self.busy = True
        return web.Response(text="working")

    async def die(self, request):
        os.kill(os.getpid(), signal.SIGKILL)

    async def upload(self, request):
        """Counts; slowly, if asked to, and no more than asked to."""
        pause, most = float(request.query.get("pause", 0)), int(request.query.get("most", 1 << 40))
        count = 0
        async for block in request.content.iter_chunked(1 << 16):
            count += len(block)
            await asyncio.sleep(pause)
            if count > most:
                return web.json_response({"error": "too much"}, status=413)
        return web.json_response({"count": count})

    async def download(self, request):
        response = web.StreamResponse(
            headers={"Content-Disposition": 'attachment; filename="scene.mrb"'}
        )
        response.content_length = int(request.match_info["size"])
        await response.prepare(request)
        left = response.content_length
        while left > 0:
            await response.write(bytes(min(left, 1 << 16)))
            left -= 1 << 16
        return response

    async def socket(self, request):
        """An echo; "close" closes it."""
        socket = web.WebSocketResponse(max_msg_size=1 << 27)
        await socket.prepare(request)
        self.clients += 1
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                await socket.send_bytes(message.data)
            elif message.data == "close":
                await socket.close(code=1000)
            elif message.data == "die":
                await self.die(request)
            else:
                await socket.send_str(message.data)
        self.clients -= 1
        return socket

    async def serve(self) -> None:
        app = web.Application(middlewares=[self.guard])
        app.router.add_get("/index.html", self.page)
        app.router.add_get("/a.js", self.script)
        app.router.add_get("/status", self.status)
        app.router.add_get("/work", self.work)
        app.router.add_get("/die", self.die)
        app.router.add_get("/ws", self.socket)
        app.router.add_get("/download/{size}", self.download)
        app.router.add_post("/upload", self.upload)
        app.router.add_get("/{path:.*}", self.reported)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        with replacing(self.config.folder / PORT_FILE) as path:
            path.write_text(str(runner.addresses[0][1]))
        await asyncio.Event().wait()


def session() -> int:
    config = Config.read(sys.argv[2])
    (Path(os.environ["TMPDIR"]) / "kept").write_text("by a library")
    if os.environ.get(BROKEN):
        error = InputError("the CT is damaged", "a.nrrd", "export it again")
        print(json.dumps({"event": "error", "message": str(error)}), flush=True)
        return 2
    if os.environ.get(HUNG):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(float(os.environ.get(SLOW, 0)))
    asyncio.run(Standin(config).serve())
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["session"]:
        sys.exit(attended(session))
    from GastricDiffLib.cli.main import main

    # Jobs are started by the Python that runs this; here, by this file in its place.
    launcher = Path(os.environ["STANDIN_LAUNCHER"])
    launcher.write_text(f'#!/bin/sh\nshift 2\nexec "{sys.executable}" "{__file__}" "$@"\n')
    launcher.chmod(0o755)
    sys.executable = str(launcher)
    sys.exit(main())
