"""The speed benchmark: its arithmetic, and that its one command runs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.speed.common import Row, interleaved, rate_row, table

ROOT = Path(__file__).resolve().parents[2]


def test_works_take_turns_and_the_warm_up_does_not_count():
    turns = []
    works = {name: lambda name=name: turns.append(name) for name in "ab"}
    seconds = interleaved(works, rounds=3, warm_up=1)
    assert "".join(turns) == "abababab"
    assert [len(each) for each in seconds.values()] == [3, 3]


def test_ratios_are_taken_round_by_round():
    # The machine slows down threefold: the medians of either side alone would lie.
    ours, theirs, best = [1.0, 2.0, 3.0], [4.0, 8.0, 12.0], [0.5, 1.0, 1.5]
    row = rate_row("x", 8, "slices/s", ours, theirs, best)
    assert (row.value, row.baseline, row.ceiling) == (4.0, 1.0, 8.0)
    assert row.ratio == pytest.approx(4) and row.share_of_ceiling == pytest.approx(0.5)
    assert rate_row("x", 8, "slices/s", ours, ceiling=8.0).share_of_ceiling == pytest.approx(0.5)


def test_the_table_leaves_what_a_row_has_not():
    lines = table([Row("all", 1234.5, "s", note="of it"), Row("n", 0.01234, "s", 2.0, 162.07)])
    assert lines.splitlines()[2:] == [
        "| all | 1,234 s |  |  |  |  | of it |",
        "| n | 0.0123 s | 2 | 162.07× |  |  |  |",
    ]


def test_the_command_prints_a_table_and_writes_json(tmp_path):
    call = ["-m", "Testing.benchmarks.speed", tmp_path, "--quick", "--topics", "startup,none"]
    done = subprocess.run(
        [sys.executable, *map(str, call)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "no such topic: none" in done.stdout
    assert "| import GastricDiffLib |" in done.stdout
    found = json.loads((tmp_path / "speed.json").read_text(encoding="utf-8"))
    assert found["machine"] and [row["unit"] for row in found["rows"]["startup"]] == ["s", "s"]
    assert all("without torch" in row["note"] for row in found["rows"]["startup"])
