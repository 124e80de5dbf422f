"""What passes through the browser viewer's server: frames, files, and nothing that should not."""

import asyncio
import json
from pathlib import Path

import pytest
from aiohttp import WSMsgType
from viewer_server import begin, browser, get, serving, shown

from GastricDiffLib.viewer.config import SECRET_HEADER

MB = 1 << 20


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server"), "--sessions", 12) as server:
        yield server


@pytest.fixture(scope="module")
def path(server):
    """Of a session that has started; its visitor's cookie is needed, too."""
    return asyncio.run(_start(server))


async def _start(server):
    async with browser(server) as client:
        path = await begin(client)
        await shown(client, path)
        return path, {cookie.key: cookie.value for cookie in client.cookie_jar}


def ask(server, path, work):
    async def run():
        async with browser(server) as client:
            client.cookie_jar.update_cookies(path[1])
            return await work(client, path[0])

    return asyncio.run(run())


async def blocks(size, block=MB // 4):
    for _ in range(size // block):
        yield bytes(block)


def memory(pid: int) -> int:
    """The most that a process ever held, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024


def test_the_page_learns_its_socket_and_its_word_by_a_post(server, path):
    async def launch(client, path):
        async with client.post(path + "paraview/", json={"application": "trame"}) as answer:
            reported = await answer.json()
        assert reported["sessionURL"] == f"ws://127.0.0.1:{server.port}{path}ws"
        assert path == f"/s/{reported['id']}/"
        config = next(one for one in server.folders() if one.name == reported["id"]) / "config.json"
        assert reported["secret"] == json.loads(config.read_text())["secret"]
        assert config.stat().st_mode & 0o077 == 0
        assert config.parent.stat().st_mode & 0o077 == 0
        # Behind something that encrypts, the socket is encrypted too.
        headers = {"Origin": f"https://127.0.0.1:{server.port}"}
        async with client.post(path + "paraview/", headers=headers) as answer:
            assert (await answer.json())["sessionURL"].startswith("wss://")

    ask(server, path, launch)


def test_a_session_sees_its_secret_and_no_cookie(server, path):
    async def look(client, path):
        status, text = await get(
            client, path + "some/a%20b%2F..%3Fc?d=e%26", headers={"X-Own": "1"}
        )
        reported = json.loads(text)
        assert (status, reported["path"]) == (200, "/some/a%20b%2F..%3Fc?d=e%26")
        assert set(reported["headers"]) <= {"Host", "Accept", "Connection", SECRET_HEADER}
        assert (await get(client, path + "../../../etc/passwd"))[0] == 404
        for method in ("PUT", "DELETE", "OPTIONS", "HEAD", "TRACE"):
            async with client.request(method, path) as answer:
                assert answer.status == 405

    ask(server, path, look)


def test_large_messages_pass_both_ways_as_they_were(server, path):
    async def echo(client, path):
        async with client.ws_connect(path + "ws", max_msg_size=0) as socket:
            for message in (b"", b"\0\xff" * 7, bytes(range(256)) * 65536):
                await socket.send_bytes(message)
                answer = await socket.receive()
                assert (answer.type, answer.data == message) == (WSMsgType.BINARY, True)
            await socket.send_str("é")
            assert (await socket.receive_str()) == "é"

    ask(server, path, echo)


def test_one_side_closes_and_so_does_the_other(server, path):
    async def close(client, path):
        async with client.ws_connect(path + "ws") as socket:
            await socket.send_str("close")
            message = await asyncio.wait_for(socket.receive(), 60)
            assert message.type in (WSMsgType.CLOSE, WSMsgType.CLOSED)
        before = await connections(client, path)
        async with client.ws_connect(path + "ws"):
            assert await connections(client, path) == before + 1
        while await connections(client, path) != before:
            await asyncio.sleep(0.05)

    async def connections(client, path):
        return json.loads((await get(client, path + "status"))[1])["clients"]

    ask(server, path, close)


def test_an_upload_streams_through_and_is_never_held(server, path):
    size = 96 * MB

    async def upload(client, path):
        before = memory(server.process.pid)
        headers = {"Content-Length": str(size)}
        # The session reads slower than the browser sends.
        url = path + "upload?pause=0.0005"
        async with client.post(url, data=blocks(size), headers=headers) as answer:
            assert await answer.json() == {"count": size}
        assert memory(server.process.pid) - before < 16 * MB

    ask(server, path, upload)


def test_an_upload_that_is_too_large_is_refused_before_it_comes(server, path):
    async def upload(client, path):
        headers = {"Content-Length": str((2 << 30) + 2 * MB)}
        sent = []

        async def counted():
            async for block in blocks((2 << 30) + 2 * MB):
                sent.append(len(block))
                yield block
                await asyncio.sleep(0.01)

        async with client.post(path + "upload", data=counted(), headers=headers) as answer:
            assert answer.status == 413
            assert "2 GiB" in (await answer.json())["error"]
        assert sum(sent) < 64 * MB
        async with client.post(path + "upload", data=blocks(MB)) as answer:
            assert answer.status == 411
            assert (await answer.json())["error"]

    ask(server, path, upload)


def test_what_the_session_says_in_the_middle_of_an_upload_arrives(server, path):
    async def upload(client, path):
        headers = {"Content-Length": str(64 * MB)}
        url = path + f"upload?most={MB}"
        async with client.post(url, data=blocks(64 * MB), headers=headers) as answer:
            assert (answer.status, await answer.json()) == (413, {"error": "too much"})

    ask(server, path, upload)


def test_a_download_streams_through_under_its_name(server, path):
    size = 48 * MB

    async def download(client, path):
        before = memory(server.process.pid)
        async with client.get(path + f"download/{size}") as answer:
            assert answer.headers["Content-Disposition"] == 'attachment; filename="scene.mrb"'
            assert answer.content_length == size
            # The browser reads slower than the session sends.
            await asyncio.sleep(0.5)
            assert len(await answer.read()) == size
        assert memory(server.process.pid) - before < 16 * MB

    ask(server, path, download)
