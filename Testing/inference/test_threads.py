"""Threads that sleep while they wait: in our own processes, unless their user chose otherwise."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from GastricDiffLib.jobs.launch import launch
from GastricDiffLib.jobs.pool import each
from GastricDiffLib.threads import PASSIVE, wait_passively

REPOSITORY = Path(__file__).resolve().parents[2]


def setting(_=None):
    """What of the environment makes this process's threads sleep."""
    return {name: os.environ[name] for name in PASSIVE if name in os.environ}


@pytest.fixture
def unset(monkeypatch):
    for name in PASSIVE:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def python(code):
    """What a new interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=REPOSITORY
    )
    return done.stdout.strip()


def test_a_users_own_setting_holds():
    chosen = {"OMP_WAIT_POLICY": "ACTIVE"}
    wait_passively(chosen)
    assert chosen == {"OMP_WAIT_POLICY": "ACTIVE"}
    fresh = {"PATH": "/bin"}
    wait_passively(fresh)
    assert fresh == {"PATH": "/bin"} | PASSIVE


def test_the_command_line_sets_it_before_torch_and_an_import_sets_nothing(unset):
    look = (
        "import os, sys; import GastricDiffLib.threads as t; from GastricDiffLib.classify import "
        "Classifier; print(sorted(set(t.PASSIVE) & set(os.environ)))"
    )
    assert python(look) == "[]"
    call = (
        "import os, sys; from GastricDiffLib.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(os.environ['OMP_WAIT_POLICY'], 'torch' in sys.modules)"
    )
    assert python(call).splitlines()[-1] == "PASSIVE False"


def test_workers_of_a_pool_have_it_whoever_started_them(unset):
    assert setting() == {}
    assert [found for _, found in each(setting, [1, 2], 2)] == [PASSIVE, PASSIVE]


@pytest.mark.skipif(sys.platform != "linux", reason="reads the environment in /proc")
def test_a_job_has_it_from_its_start(unset, tmp_path):
    (tmp_path / "job").mkdir()
    process = launch(Path(sys.executable), ["--version"], tmp_path / "job", {}, False, False)
    with process:
        content = b""
        while not content and process.poll() is None:  # empty while the program is being loaded
            content = Path(f"/proc/{process.pid}/environ").read_bytes()
    lines = content.decode().split("\0")
    assert {f"{name}={value}" for name, value in PASSIVE.items()} <= set(lines)
