"""Sessions of the browser viewer's server: begun, found again, ended, at most so many."""

import asyncio

import aiohttp
import pytest
from job_processes import gone, until
from patience import crowding
from viewer_server import begin, browser, get, serving, shown

from GastricDiffLib.viewer.server.sessions import GONE


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server"), "--sessions", 12) as server:
        yield server


def test_the_root_leads_to_a_session_that_a_reload_finds_again(server):
    async def look():
        async with browser(server) as client:
            path = await begin(client)
            first = await shown(client, path)
            assert first.startswith("page of ")
            assert await shown(client, path) == first
            assert await get(client, path + "index.html") == (200, first)
            async with client.get(path[:-1], allow_redirects=False) as answer:
                assert (answer.status, answer.headers["Location"]) == (308, path)
            assert await shown(client, await begin(client)) != first

    asyncio.run(look())


def test_a_spare_is_ready_before_anyone_asks(tmp_path):
    async def at_once(server):
        async with browser(server) as client:
            status, text = await get(client, await begin(client))
            assert (status, "page of" in text) == (200, True)

    with serving(tmp_path, STANDIN_SLOW=0.5) as server:
        assert server.spare_is_ready()
        asyncio.run(at_once(server))


def test_while_a_session_starts_its_page_says_so_and_comes_again(tmp_path):
    async def early(server):
        async with browser(server) as client:
            path = await begin(client)
            status, text = await get(client, path)
            assert status == 202
            assert "The viewer is starting" in text
            assert 'http-equiv="refresh"' in text
            assert (await shown(client, path)).startswith("page of ")

    with serving(tmp_path, STANDIN_SLOW=1.5 * crowding()) as server:
        asyncio.run(early(server))


def test_another_browser_does_not_get_at_a_session(server):
    async def try_all():
        async with browser(server) as owner, browser(server) as other:
            path = await begin(owner)
            await shown(owner, path)
            await begin(other)
            unknown = "/s/" + "0" * 24 + "/"
            page, none = [await get(other, one) for one in (path, unknown)]
            assert page == none
            assert page[0] == 410
            assert "This session is not here" in page[1]
            assert (await get(other, path + "a.js"))[0] == 410
            for name in ("paraview/", "upload"):
                async with other.post(path + name, data=b"{}") as answer:
                    assert answer.status == 410
                    assert set(await answer.json()) == {"error"}
            async with other.ws_connect(path + "ws") as socket:
                await socket.receive()
                assert socket.close_code == GONE
            assert (await get(owner, path))[0] == 200

    asyncio.run(try_all())


def test_a_session_that_dies_is_reported_and_leaves_nothing(server):
    async def die():
        async with browser(server) as client:
            path = await begin(client)
            await shown(client, path)
            folder = next(one for one in server.folders() if one.name in path)
            assert (folder / "tmp" / "kept").exists()
            async with client.ws_connect(path + "ws") as socket:
                await socket.send_str("die")
                message = await socket.receive()
                assert (socket.close_code, "killed" in message.extra) == (GONE, True)
            status, text = await get(client, path)
            assert status == 410
            assert "This session has ended" in text
            assert "perhaps for want of memory" in text
            assert 'href="/"' in text
            async with client.get(path + "download/scene.mrb", headers={"Accept": "*/*"}) as answer:
                assert answer.status == 410
                assert "killed" in (await answer.json())["error"]
            assert await asyncio.to_thread(until, lambda: not folder.exists())

    asyncio.run(die())


def test_what_a_death_cuts_short_is_not_taken_for_the_whole(server):
    async def die():
        async with browser(server) as client:
            path = await begin(client)
            await shown(client, path)
            async with client.get(path + f"download/{1 << 28}") as answer:
                await answer.content.readexactly(1 << 16)
                status, text = await get(client, path + "die")
                assert (status, "This session has ended" in text) == (410, True)
                with pytest.raises(aiohttp.ClientError):
                    await answer.read()

    asyncio.run(die())


def test_a_session_that_cannot_start_says_why_and_is_not_tried_for_ever(tmp_path):
    why = "the CT is damaged: a.nrrd (export it again)"

    async def look(server):
        async with browser(server) as client:
            path = await begin(client)
            while (answer := await get(client, path))[0] == 202:
                pass
            assert answer[0] == 410
            assert why in answer[1]
            await asyncio.sleep(0.5)
            assert [why in note for note in server.notes()] == [True, True]

    with serving(tmp_path, STANDIN_BROKEN=1) as server:
        assert until(lambda: any(why in note for note in server.notes()))
        assert until(lambda: not server.folders())
        asyncio.run(look(server))


def test_no_more_than_so_many_at_a_time_but_nobody_is_locked_out_by_his_own(tmp_path):
    # Seconds until a session ends by itself: on a busy machine the test must not take as long.
    idle = min(8 * crowding(), 40)

    async def fill(server):
        async with browser(server) as first, browser(server) as second:
            path = await begin(first)
            await shown(first, path)
            async with first.ws_connect(path + "ws"):
                processes = server.family()
                status, text = await get(second, "/")
                assert (status, "1 at a time" in text) == (503, True)
                assert (await get(first, "/"))[0] == 503
                assert server.family() == processes
            # Nobody looks at it any more: it gives its place, to its own visitor alone.
            await asyncio.sleep(idle / 4 + 0.1)
            assert (await get(second, "/"))[0] == 503
            again = await begin(first)
            status, text = await get(first, path)
            assert (status, "given up for a newer one" in text) == (410, True)
            assert (await shown(first, again)).startswith("page of ")

    with serving(tmp_path, "--sessions", 1, "--idle", idle / 60) as server:
        asyncio.run(fill(server))


def test_a_session_ends_when_no_browser_comes_back_but_not_at_work(tmp_path):
    async def leave(server):
        async with browser(server) as client:
            used = await begin(client)
            await shown(client, used)
            async with client.ws_connect(used + "ws"):
                busy = await begin(client)
                await shown(client, busy)
                assert (await get(client, busy + "work"))[0] == 200
                left = await begin(client)
                await shown(client, left)
                await asyncio.to_thread(
                    until, lambda: all(one.name not in left for one in server.folders())
                )
                await asyncio.sleep(1)
                assert [(await get(client, one))[0] for one in (used, busy)] == [200, 200]
                status, text = await get(client, left)
                assert (status, "No browser has been connected" in text) == (410, True)

    with serving(tmp_path, "--idle", 3 * crowding() / 60) as server:
        asyncio.run(leave(server))


def test_a_server_started_anew_at_its_port_shows_old_pages_that_they_are_old(tmp_path):
    async def old(server, jar, path):
        async with browser(server) as client:
            client.cookie_jar.update_cookies(jar)
            status, text = await get(client, path)
            assert (status, "started anew" in text) == (410, True)
            assert (await shown(client, await begin(client))).startswith("page of ")

    async def open_one(server):
        async with browser(server) as client:
            path = await begin(client)
            await shown(client, path)
            # Left open: the end of the server must not wait for it.
            await client.ws_connect(path + "ws")
            jar = {cookie.key: cookie.value for cookie in client.cookie_jar}
            processes = server.family()
            assert await asyncio.to_thread(server.end) == 130
            assert gone(processes)
            return jar, path

    with serving(tmp_path) as server:
        jar, path = asyncio.run(open_one(server))
        assert server.data_folders() == []
    with serving(tmp_path, "--port", server.port) as again:
        assert again.port == server.port
        asyncio.run(old(again, jar, path))
