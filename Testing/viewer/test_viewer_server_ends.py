"""The end of the browser viewer's server, orderly or not: nothing outlives it."""

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest
from job_processes import gone, until
from viewer_server import begin, browser, serving, shown


def open_two(server):
    """Two sessions that have started; the processes of the server."""

    async def run():
        async with browser(server) as client:
            for _ in range(2):
                await shown(client, await begin(client))

    asyncio.run(run())
    return server.family()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_and_leaves_nothing(tmp_path, number):
    with serving(tmp_path) as server:
        processes = open_two(server)
        assert len(processes) >= 3
        assert server.end(number) == 130
        assert gone(processes, 1)
        assert server.data_folders() == []
    assert server.error_text() == "error: cancelled\n"


def test_sessions_that_take_no_notice_are_ended_by_force(tmp_path):
    with serving(tmp_path, "--sessions", 2, STANDIN_DEAF=1) as server:
        processes = open_two(server)
        server.process.send_signal(signal.SIGINT)
        # The second time at once, the first time after some seconds.
        until(lambda: list(server.temporary.glob("*/sessions/*/job/cancel")))
        assert server.end(signal.SIGINT) == 130
        assert gone(processes, 1)
        assert server.data_folders() == []


def test_after_a_killed_server_no_process_stays_and_the_next_one_tidies_up(tmp_path):
    with serving(tmp_path) as living:
        with serving(tmp_path, "--sessions", 2) as server:
            processes = open_two(server)
            left = _folder_of(server)
            server.process.kill()
            server.process.wait()
            assert gone(processes, 20)
            assert left.exists()
        (tmp_path / "tmp" / "gastricdiff-view-else").write_text("a file of somebody")
        making = tmp_path / "tmp" / "gastricdiff-view-making"
        making.mkdir()
        old = tmp_path / "tmp" / "gastricdiff-view-old"
        old.mkdir()
        os.utime(old, (0, 0))
        with serving(tmp_path) as again:
            kept = {_folder_of(living), _folder_of(again), making}
            assert {one for one in again.data_folders() if one.is_dir()} == kept
            assert (tmp_path / "tmp" / "gastricdiff-view-else").exists()


def test_what_still_runs_in_a_dead_servers_folder_is_ended(tmp_path):
    with serving(tmp_path, "--sessions", 2, STANDIN_DEAF=1) as server:
        processes = open_two(server)
        folder = _folder_of(server)
        # As if it had died, and its sessions had not noticed.
        record = folder / "server.json"
        record.write_text(json.dumps({"pid": server.process.pid, "started": "another time"}))
        with serving(tmp_path):
            assert not folder.exists()
            sessions = {pid: since for pid, since in processes.items() if pid != server.process.pid}
            assert gone(sessions, 5)


def _folder_of(server) -> Path:
    for folder in server.data_folders():
        if folder.is_dir() and (folder / "server.json").exists():
            record = json.loads((folder / "server.json").read_text())
            if record["pid"] == server.process.pid:
                return folder
    raise AssertionError("the server has no folder")
