"""The message line, and where the traceback of what nobody expected goes."""

from __future__ import annotations

import logging

import pytest

from GastricDiffLib.app.messages import Messages
from GastricDiffLib.app.runner import JobOutcome
from GastricDiffLib.errors import InputError
from GastricDiffLib.jobs import JobState
from GastricDiffLib.log import LIBRARIES, log_exception, quiet_libraries


class Records(logging.Handler):
    """Keeps what reaches it, as Slicer's handler of the root logger does."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def root():
    """A root logger that takes all levels, as inside Slicer."""
    logger, handler = logging.getLogger(), Records()
    levels = {name: logging.getLogger(name).level for name in (None, *LIBRARIES)}
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.NOTSET)
    yield handler
    logger.removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def log_path(monkeypatch, tmp_path):
    path = tmp_path / "log.txt"
    monkeypatch.setattr("GastricDiffLib.log.log_file", lambda: path)
    return path


@pytest.fixture
def line():
    """The lines that were shown, and the messages that show them."""
    shown: list[tuple[str, bool]] = []
    return shown, Messages(lambda text, is_error: shown.append((text, is_error)))


def test_lines_are_information_errors_or_a_jobs_outcome(line):
    shown, messages = line
    messages.info("done")
    messages.error("wrong")
    messages.outcome(JobOutcome(JobState.DONE, "ended"))
    messages.outcome(JobOutcome(JobState.FAILED, "failed", is_error=True))
    messages.clear()
    assert shown == [
        ("done", False), ("wrong", True), ("ended", False), ("failed", True), ("", False),
    ]  # fmt: skip


def test_a_refused_input_is_one_line_and_no_log(line, log_path, root):
    shown, messages = line

    def refuse(name: str) -> None:
        raise InputError("no CT", name, "choose one")

    messages.guarded(refuse, passing=True)("CT")
    assert shown == [(str(InputError("no CT", "CT", "choose one")), True)]
    assert not log_path.exists()
    assert not root.records


def test_a_traceback_reaches_the_file_and_the_root_loggers_handlers(line, log_path, root):
    shown, messages = line
    messages.guarded(lambda: 1 / 0)()
    assert shown == [(f"Unexpected ZeroDivisionError: details are in {log_path}", True)]
    assert "ZeroDivisionError: division by zero" in log_path.read_text(encoding="utf-8")
    (record,) = root.records
    assert record.name == "GastricDiffLib.app.messages"
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


def test_a_traceback_without_a_file_reaches_the_root_logger_still(monkeypatch, tmp_path, root):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("GastricDiffLib.log.log_file", lambda: tmp_path / "file" / "log.txt")
    try:
        raise OSError("disk")
    except OSError:
        assert log_exception("saving") is None
    assert [record.getMessage() for record in root.records] == ["saving"]


def test_debug_lines_of_libraries_do_not_reach_the_root_logger(root):
    fonts = logging.getLogger("matplotlib.font_manager")
    fonts.debug("findfont: score")
    assert [record.name for record in root.records] == ["matplotlib.font_manager"]
    quiet_libraries()
    fonts.debug("findfont: score")
    logging.getLogger("PIL.PngImagePlugin").debug("STREAM")
    assert len(root.records) == 1
    fonts.warning("no such font")
    assert len(root.records) == 2
