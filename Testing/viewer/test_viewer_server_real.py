"""The browser viewer's server with its real sessions: Slicer's views behind it."""

import asyncio
import json
import re

import aiohttp
import msgpack
from job_processes import gone
from viewer_server import begin, browser, get, serving, shown


def test_a_real_session_is_shown_spoken_to_and_ended_with_a_killed_server(tmp_path):
    async def use(server):
        async with browser(server) as client:
            path = await begin(client)
            page = await shown(client, path)
            # Every part of the page comes by its path under the session's.
            parts = re.findall(r'(?:src|href)="(?:\./)?([^":]+)"', page)
            assert len(parts) >= 3
            for part in parts:
                assert (await client.get(path + part)).status == 200
            async with client.post(path + "paraview/", json={}) as answer:
                reported = await answer.json()
            assert await hello(client, reported["sessionURL"], "a guess") == "error"
            assert await hello(client, reported["sessionURL"], reported["secret"]) == "result"
            _, text = await get(client, path + "status")
            assert json.loads(text) == {"clients": 0, "busy": False}
            answer = await client.get(path + "download/scene.mrb")
            assert answer.headers["Cache-Control"] == "no-store"
            assert (await answer.read())[:2] == b"PK"
            form = aiohttp.FormData()
            form.add_field("file", b"not a CT", filename="notes.txt")
            answer = await client.post(path + "upload", data=form)
            assert answer.status == 200, await answer.text()

    with serving(tmp_path, "--sessions", 1, standin=False) as server:
        assert server.spare_is_ready(), server.notes()
        asyncio.run(use(server))
        asyncio.run(from_elsewhere(server))
        processes = server.family()
        assert len(processes) >= 2
        server.process.kill()
        assert gone(processes, 20)


async def hello(client, url, secret) -> str:
    """The kind of the session's answer to wslink's first word."""
    word = {"wslink": "1.0", "id": "system:c0:0", "method": "wslink.hello",
            "args": [{"secret": secret}], "kwargs": {}}  # fmt: skip
    content = msgpack.packb(word)
    header = b"".join(number.to_bytes(4, "little") for number in (0, 0, len(content)))
    async with client.ws_connect(url) as socket:
        await socket.send_bytes(header + content)
        answer = await socket.receive_bytes()
        return next(iter(set(msgpack.unpackb(answer[12:])) & {"error", "result"}))


async def from_elsewhere(server):
    """Another program of this machine has the port, but not the word."""
    folder = server.folders()[0]
    port = (folder / "port").read_text()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
        for path in ("/index.html", "/status", "/ws", "/download/scene.mrb"):
            assert (await client.get(path)).status == 403
