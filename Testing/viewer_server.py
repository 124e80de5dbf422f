"""The viewer's server as the tests need it: a process of its own, and browsers that talk to it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiohttp
from coverage import Coverage
from job_processes import until
from patience import crowding

from GastricDiffLib.jobs.process import descendants, started

HERE = Path(__file__).resolve().parent


class Server:
    """``gastricdiff view`` as a process; ``url`` without the token, which stands in ``token``."""

    def __init__(self, folder: Path, *arguments: object, standin: bool = True, **variables: object):
        folder.mkdir(parents=True, exist_ok=True)
        self.temporary = folder / "tmp"
        self.temporary.mkdir(exist_ok=True)
        self.errors = folder / "errors.txt"
        program = [HERE / "viewer_standin.py"] if standin else ["-m", "GastricDiffLib"]
        command = [sys.executable, *program, "view", "--events", "--port", 0, *arguments]
        environment = os.environ | {
            "TMPDIR": str(self.temporary),
            "STANDIN_LAUNCHER": str(folder / "python"),
            "PYTHONPATH": str(HERE.parent),
            "HOME": str(folder),
        }
        if Coverage.current() is not None:
            # All that there is of the viewer runs in processes of its own.
            environment["COVERAGE_PROCESS_START"] = str(HERE.parent / "pyproject.toml")
        environment |= {name: str(value) for name, value in variables.items()}
        with open(self.errors, "ab") as errors:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                text=True,
            )
        self.events: list[dict[str, str]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        until(lambda: not self._reader.is_alive() or self.full_url)
        self.url, _, self.token = self.full_url.partition("?token=")

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    @property
    def full_url(self) -> str:
        return next((one["url"] for one in self.events if one["event"] == "result"), "")

    def notes(self) -> list[str]:
        return [one["message"] for one in self.events if one["event"] == "note"]

    @property
    def port(self) -> int:
        return int(self.url.rstrip("/").rpartition(":")[2])

    def data_folders(self) -> list[Path]:
        return list(self.temporary.glob("gastricdiff-view-*"))

    def folders(self) -> list[Path]:
        """Of its sessions, the spare's too."""
        return [one for folder in self.data_folders() for one in (folder / "sessions").glob("*")]

    def family(self) -> dict[int, str]:
        """All its processes, by number and beginning."""
        numbers = [self.process.pid, *descendants(self.process.pid)]
        return {one: since for one in numbers if (since := started(one))}

    def spare_is_ready(self) -> bool:
        return bool(until(lambda: any((one / "port").exists() for one in self.folders())))

    def end(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(30 * (1 + crowding()))
        self._reader.join(30)
        return code

    def error_text(self) -> str:
        return self.errors.read_text()


@contextmanager
def serving(folder: Path, *arguments: object, **more):
    server = Server(folder, *arguments, **more)
    try:
        assert server.url, server.error_text()
        yield server
    finally:
        server.end()
    assert "Traceback" not in server.error_text()
    # Where the tracebacks of unexpected errors go, the sessions' too.
    log = folder / ".gastricdiff" / "log.txt"
    assert not log.exists(), log.read_text()


@asynccontextmanager
async def browser(server: Server):
    """A browser with cookies of its own; its paths begin at the server's root."""
    async with aiohttp.ClientSession(
        base_url=server.url,
        # Cookies of an address, not of a name.
        cookie_jar=aiohttp.CookieJar(unsafe=True),
        headers={"Origin": server.url.rstrip("/"), "Accept": "text/html"},
    ) as client:
        yield client


async def begin(client: aiohttp.ClientSession) -> str:
    """Open the root; the path of the session that it leads to."""
    async with client.get("/", allow_redirects=False) as answer:
        assert answer.status == 303, await answer.text()
        path = answer.headers["Location"]
    assert re.fullmatch(r"/s/[0-9a-f]{24}/", path)
    return path


async def get(client: aiohttp.ClientSession, path: str, **more) -> tuple[int, str]:
    async with client.get(path, allow_redirects=False, **more) as answer:
        return answer.status, await answer.text()


async def shown(client: aiohttp.ClientSession, path: str) -> str:
    """The session's page, once it has started."""
    while True:
        status, text = await get(client, path)
        if status != 202:
            assert status == 200, text
            return text


def session_processes(server: Server) -> list[int]:
    """The processes of a server's sessions, the spare's too, by number."""
    words = {one: Path(f"/proc/{one}/cmdline").read_bytes() for one in server.family()}
    return [one for one, line in words.items() if b"\0session\0" in line]


def resident(number: int) -> float:
    """MiB of memory that a process holds."""
    lines = Path(f"/proc/{number}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024
