"""What the browser viewer is called with: one clear line, and nothing is started."""

import os
import socket
import subprocess
import sys

import numpy as np
import pytest

from GastricDiffLib.cli.main import main
from GastricDiffLib.ct.box import BoxROI
from GastricDiffLib.ct.io.markups import write_roi
from GastricDiffLib.viewer.config import Config


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Good and bad ones, by name, in a folder that is also where temporary ones go."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "empty").mkdir()
    (tmp_path / "ct.nrrd").write_text("read by the session, not here")
    (tmp_path / "notes.txt").write_text("no CT")
    (tmp_path / "model.safetensors").write_bytes(b"torn")
    (tmp_path / "roi.mrk.json").write_text("{}")
    write_roi(tmp_path / "box.mrk.json", [BoxROI(np.zeros(3), np.eye(3), np.full(3, 10))])
    return {"CT": tmp_path / "ct.nrrd", "ROI": tmp_path / "box.mrk.json", "DIR": tmp_path}


def refused(arguments, files, capsys) -> str:
    words = [word.format(**files) for word in arguments]
    assert main(["view", *words]) == 2
    reported = capsys.readouterr()
    assert (reported.out, reported.err.count("\n")) == ("", 1)
    assert not list(files["DIR"].glob("gastricdiff-view-*"))
    return reported.err


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["{DIR}/none.nrrd"], "no such file or folder: {DIR}/none.nrrd"),
        (["{DIR}/empty"], "the folder is empty"),
        (["{DIR}/notes.txt"], "not a CT that can be read"),
        (["{CT}", "--roi", "{DIR}/none.mrk.json"], "no such ROI file"),
        (["{CT}", "--roi", "{DIR}/roi.mrk.json"], "no Slicer markups file"),
        (["--roi", "{ROI}"], "a box without its CT"),
        (["--model", "{DIR}/none.safetensors"], "no such model file"),
        (["--model", "{DIR}/model.safetensors"], "not a whole .safetensors file"),
        (["--device", "tpu"], "unknown device 'tpu' (choose one of auto, cpu, cuda, mps)"),
        (["--port", "70000"], "a port is 0 to 65535"),
        (["--sessions", "0"], "at least 1"),
        (["--idle", "0"], "more than 0 minutes"),
        (["--host", "no.such.host.invalid"], "no such address: no.such.host.invalid"),
        (["--host", "192.0.2.1"], "give --host an address of this machine"),
        (["--key", "{ROI}"], "a key without its certificate"),
        (["--certificate", "{ROI}"], "not a certificate with its key"),
    ],
)
def test_wrong_calls_end_with_one_line(files, capsys, arguments, line):
    assert line.format(**files) in refused(arguments, files, capsys)


def test_a_port_that_is_taken_is_reported_with_what_to_do(files, capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        reported = refused(["--port", str(port)], files, capsys)
    assert f"the port is taken: 127.0.0.1, port {port} (" in reported
    assert "--port" in reported.partition("(")[2]


def test_without_the_extra_it_names_what_to_install(files, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "trame_slicer", None)
    reported = refused([], files, capsys)
    assert 'no trame_slicer (pip install "GastricDiffLib[viewer]")' in reported


def test_the_server_itself_loads_nothing_heavy():
    code = (
        "import sys, GastricDiffLib.viewer.server.serve, GastricDiffLib.viewer.server.options\n"
        "print(*{'torch', 'slicer', 'vtk', 'vtkmodules', 'trame', 'wslink'} & set(sys.modules))"
    )
    assert subprocess.check_output([sys.executable, "-c", code]).strip() == b""


def test_the_help_lists_the_viewer_but_not_what_it_starts(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    reported = capsys.readouterr().out
    assert "view " in reported
    assert "session" not in reported


def test_a_configuration_comes_back_as_it_was_written(tmp_path):
    config = Config(tmp_path, tmp_path / "queue", "word", roi=tmp_path / "é.mrk.json")
    path = config.write()
    assert Config.read(path) == config
    assert "word" not in repr(config)
    if os.name != "nt":
        assert path.stat().st_mode & 0o777 == 0o600
