"""Who gets into the browser viewer: by which name, from which page, with which token."""

import asyncio
import ssl
import subprocess

import aiohttp
import pytest
from viewer_server import begin, browser, get, serving, shown

from GastricDiffLib.viewer.server.headers import HEADERS


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server"), "--sessions", 12) as server:
        yield server


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """Reachable from the network, and therefore by token alone."""
    with serving(tmp_path_factory.mktemp("guarded"), "--host", "0.0.0.0") as server:
        server.url = f"http://127.0.0.1:{server.port}/"
        yield server


def ask(server, work):
    async def run():
        async with browser(server) as client:
            return await work(client)

    return asyncio.run(run())


async def refused_socket(client, path, headers) -> int:
    try:
        async with client.ws_connect(path + "ws", headers=headers):
            return 101
    except aiohttp.WSServerHandshakeError as error:
        return error.status


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:8000", "127.8.9.1"])
def test_on_loopback_it_answers_to_the_machines_own_names(server, host):
    assert ask(server, lambda client: get(client, "/s/0/", headers={"Host": host}))[0] == 410


@pytest.mark.parametrize("host", ["example.org", "127.0.0.1.example.org", "10.0.0.1", "[", ""])
def test_on_loopback_it_answers_to_no_other_name(server, host):
    async def all_ways(client):
        path, headers = await begin(client), {"Host": host, "Origin": f"http://{host}"}
        await shown(client, path)
        folders = server.folders()
        assert (await get(client, "/", headers=headers))[0] in (400, 403)
        assert (await get(client, path, headers=headers))[0] in (400, 403)
        assert await refused_socket(client, path, headers) in (400, 403)
        assert [one for one in server.folders() if one not in folders] == []

    ask(server, all_ways)


@pytest.mark.parametrize("origin", ["http://example.org", "null", "", "http://127.0.0.1:1", "["])
def test_sockets_and_posts_of_other_pages_are_refused(server, origin):
    async def both(client):
        path, headers = await begin(client), {"Origin": origin}
        await shown(client, path)
        assert await refused_socket(client, path, headers) == 403
        for name in ("upload", "paraview/"):
            async with client.post(path + name, data=b"x", headers=headers) as answer:
                assert answer.status == 403
                assert "secret" not in await answer.text()
        assert await refused_socket(client, path, {}) == 101

    ask(server, both)


def test_a_picture_of_another_page_starts_no_session(server):
    async def embed(client):
        folders = server.folders()
        for kind in ("image", "iframe", "empty"):
            assert (await get(client, "/", headers={"Sec-Fetch-Dest": kind}))[0] == 403
        assert [one for one in server.folders() if one not in folders] == []

    ask(server, embed)


def test_every_answer_has_the_headers_and_cookies_are_for_the_server_alone(server):
    async def look(client):
        async with client.get("/", allow_redirects=False) as answer:
            path, cookie = answer.headers["Location"], answer.headers["Set-Cookie"]
        for word in (f"gastricdiff-visitor-{server.port}=", "HttpOnly", "SameSite=Strict"):
            assert word in cookie
        await shown(client, path)
        for one in ("/", path, path + "a.js", path + "download/9", "/none", "/s/0/x", "/s/0"):
            async with client.get(one, allow_redirects=False) as answer:
                reported = {name: answer.headers[name] for name in HEADERS}
                assert reported == HEADERS
                kept = "private, max-age=3600" if one.endswith(".js") else "no-store"
                assert answer.headers["Cache-Control"] == kept
        async with client.ws_connect(path + "ws") as socket:
            assert socket._response.headers["Content-Security-Policy"]

    ask(server, look)


def test_from_the_network_nothing_is_shown_without_the_token(guarded):
    assert len(guarded.token) > 40
    assert sum("SSH tunnel" in note for note in guarded.notes()) == 1

    async def outside(client):
        folders = guarded.folders()
        for path in ("/", "/s/0/", "/s/0/a.js", "/none"):
            status, text = await get(client, path)
            assert (status, 'name="token"' in text) == (401, True)
        async with client.post("/s/0/upload", data=b"x") as answer:
            assert answer.status == 401
        assert await refused_socket(client, "/s/0/", {}) == 401
        assert [one for one in guarded.folders() if one not in folders] == []

    ask(guarded, outside)


def test_the_token_is_given_once_and_leaves_the_address(guarded):
    async def enter(client):
        async with client.get(f"/?token={guarded.token}", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/")
            cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith(f"gastricdiff-{guarded.port}=")
        assert guarded.token not in cookie
        for word in ("HttpOnly", "SameSite=Strict"):
            assert word in cookie
        path = await begin(client)
        assert (await shown(client, path)).startswith("page of ")

    ask(guarded, enter)


def test_the_token_can_be_typed_and_wrong_ones_are_slow(guarded):
    async def send(client, token, path="/"):
        form = {"token": token, "path": path}
        async with client.post("/token", data=form, allow_redirects=False) as answer:
            return answer.status, answer.headers.get("Location")

    async def enter(client):
        loop = asyncio.get_running_loop()
        begun = loop.time()
        tries = [send(client, word) for word in ("", "é" * 43, guarded.token[:-1])]
        assert await asyncio.gather(*tries) == [(401, None)] * 3
        assert loop.time() - begun >= 1.5
        many = await asyncio.gather(*(send(client, "wrong") for _ in range(10)))
        assert (429, None) in many
        assert (await get(client, "/"))[0] == 401
        for path in ("//example.org/", "/s//example.org", "/s/0/\r\nX: y", "elsewhere"):
            assert await send(client, f" {guarded.token} ", path) == (303, "/")
        assert await send(client, guarded.token, "/s/0123/") == (303, "/s/0123/")
        assert (await get(client, "/s/0123/"))[0] == 410

    ask(guarded, enter)


def test_on_loopback_a_token_is_demanded_where_it_is_asked_for(tmp_path):
    with serving(tmp_path, "--token") as server:
        assert server.token
        assert ask(server, lambda client: get(client, "/"))[0] == 401


def test_with_a_certificate_the_traffic_is_encrypted(tmp_path):
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    trusting = ssl.create_default_context(cafile=certificate)

    async def enter(client):
        async with client.get("/", ssl=trusting, allow_redirects=False) as answer:
            assert "Secure" in answer.headers["Set-Cookie"]
            path = answer.headers["Location"]
        async with client.post(path + "paraview/", ssl=trusting) as answer:
            assert (await answer.json())["sessionURL"] == f"{server.url}{path[1:]}ws".replace(
                "https", "wss"
            )

    with serving(tmp_path, "--certificate", certificate, "--key", key) as server:
        assert server.url.startswith("https://127.0.0.1:")
        ask(server, enter)
