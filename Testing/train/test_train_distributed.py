"""Two processes started by torchrun against one: the same run, reported and written once."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import matplotlib
import pytest
import together
import torch
from safetensors.torch import load_file

from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.cohort.export import export_cohort
from GastricDiffLib.train.batches import shuffled, training_samples
from GastricDiffLib.train.distributed import (
    broadcast_map,
    gather,
    joined,
    own_device,
    rank,
    sync_errors,
    world,
)

REPOSITORY = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.skipif(
    not torch.distributed.is_available(), reason="this torch has one process only"
)


def torchrun(home, *arguments, processes=2):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(processes), *map(str, arguments)]
    environment = os.environ | {
        "HOME": str(home),  # of the log
        "MPLCONFIGDIR": matplotlib.get_cachedir(),
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")]),
    }
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, env=environment, text=True, **pipes)


def history(run):
    with open(run / "history.csv", newline="") as file:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def few(phantom_cohort):
    """``cohort.csv`` of nine phantoms, three to validate: two processes cannot halve them."""
    with open(phantom_cohort, newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["label"])
    splits = {"train": (0, 1, -1, -2), "val": (2, 3, -3), "test": (4, -4)}
    chosen = [rows[k] | {"split": split} for split, ks in splits.items() for k in ks]
    path = phantom_cohort.with_name("few.csv")
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, list(chosen[0]))
        writer.writeheader()
        writer.writerows(chosen)
    return path


@pytest.fixture(scope="module")
def few_dataset(few, tmp_path_factory):
    return export_cohort(few, tmp_path_factory.mktemp("few") / "dataset")


@pytest.fixture(scope="module")
def batch_size(few_dataset):
    """Of two batches, the second much smaller and of an odd number of slices."""
    cases = Dataset.open(few_dataset).split("train")
    samples = training_samples(cases, "roi", 0)
    return len(samples) - 7


@pytest.fixture(scope="module")
def two(few_dataset, batch_size, tmp_path_factory):
    """The folder that two processes left."""
    out = tmp_path_factory.mktemp("two")
    process = torchrun(out, REPOSITORY / "Testing" / "together.py", few_dataset, out, batch_size)
    _, errors = process.communicate()
    assert process.returncode == 0, errors
    return out


@pytest.fixture(scope="module")
def seen(two):
    return json.loads((two / "seen.json").read_text())


def test_two_processes_give_the_loss_curve_of_one(few_dataset, batch_size, two, tmp_path):
    """With three validation cases and a last batch that cannot be halved either."""
    trainer = together.train(few_dataset, tmp_path, batch_size)
    assert len(trainer.val_cases) == 3
    assert min(len(b) for b in shuffled(len(trainer.samples), batch_size, 0, 0)) % 2 == 1
    ours, theirs = history(two / "double"), history(tmp_path)
    assert len(ours) == len(theirs) == 2
    for our, their in zip(ours, theirs, strict=True):
        # Six digits are written; losses themselves are computed in float32.
        assert our == pytest.approx(their, abs=3e-6)
    ours, theirs = (load_file(run / "model.safetensors") for run in (two / "double", tmp_path))
    assert ours.keys() == theirs.keys()
    for name in theirs:
        torch.testing.assert_close(ours[name], theirs[name], rtol=1e-4, atol=1e-6)
    ours, theirs = (
        json.loads((run / "metrics.json").read_text()) for run in (two / "double", tmp_path)
    )
    assert ours == pytest.approx(theirs, abs=1e-4)


def test_one_of_two_processes_writes_the_files(two):
    for run in (two / "double", two / "calm"):
        assert {path.name for path in run.iterdir()} == {
            "model.safetensors", "history.csv", "last.ckpt", "history.png", "metrics.json"
        }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "dtypes", "tolerance"),
    [
        ("double", (torch.float64, torch.float64), 1e-11),
        ("half", (torch.bfloat16, torch.float32), 2e-2),
    ],
)
def test_parts_of_a_batch_are_normalised_as_the_whole(two, name, dtypes, tolerance):
    """Outputs, gradients and running statistics are those of nn.BatchNorm2d."""
    ours = load_file(two / f"{name}.safetensors")
    theirs = together.normalise(together.norm(dtypes[1]), *together.batch(dtypes[0]))
    assert ours.keys() == theirs.keys()
    for key, expected in theirs.items():
        torch.testing.assert_close(ours[key], expected, rtol=tolerance, atol=tolerance)


def test_messages_of_all_processes_come_in_the_order_of_their_ranks(seen):
    assert seen["gathered"] == [0, "of", 2, 1, "of", 2]
    assert sorted(seen["shares"]) == [2, 3]


def test_items_are_shared_out_to_the_processes_each_computed_once(seen):
    assert seen["map"] == [[0, 1.0], [1, 0.5], [0, 0.25], [1, 0.2], [0, 0.125]]
    assert seen["broadcast_map nothing"] == []


@pytest.mark.parametrize(
    ("action", "first", "second"),
    [
        ("one", "ReportedElsewhere: of 1", "InputError: of 1"),
        ("all", "InputError: of 0", "ReportedElsewhere: of 0"),
        ("a bug", "ReportedElsewhere: of 1", "RuntimeError: of 1"),
        ("none", "nothing", "nothing"),
        ("mapping", "ReportedElsewhere: no inverse: 0", "InputError: no inverse: 0"),
        ("cancelled", "Cancelled: ", "Cancelled: "),
    ],
)
def test_an_error_of_one_process_ends_all(seen, action, first, second):
    assert seen[action] == [first, second]


def test_a_cancelled_run_leaves_its_finished_epochs(seen, two):
    assert len(history(two / "cancelled")) == 1
    assert not (two / "cancelled" / "model.safetensors").exists()


def test_processes_started_unalike_are_refused(seen):
    first, second = seen["unalike"]
    assert first.startswith("InputError: not all processes have the same settings")
    assert second.startswith("ReportedElsewhere: not all processes have the same settings")


def worker(process):
    """A process that torchrun started."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return int(children.split()[-1])


@pytest.mark.skipif(sys.platform != "linux", reason="looks for the processes in /proc")
def test_a_run_that_lost_a_process_resumes_and_ends_as_an_undisturbed_one(few, two, tmp_path):
    """From cohort.csv, with a system that draws for its dropout."""
    calm, run = two / "calm", tmp_path / "run"
    arguments = ["-m", "GastricDiffLib", "train", few, "--out", run, "--device", "cpu"]
    for name in ("system", "width", "size", "crop", "batch_size", "epochs"):
        arguments += [f"--{name}".replace("_", "-"), getattr(together.CALM, name)]

    process = torchrun(tmp_path, *arguments)
    while not (run / "last.ckpt").exists():
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.01)
    os.kill(worker(process), signal.SIGKILL)
    process.communicate()
    assert process.returncode != 0
    assert not (run / "model.safetensors").exists()
    assert len(history(run)) < together.CALM.epochs

    printed, errors = (process := torchrun(tmp_path, *arguments)).communicate()
    assert process.returncode == 0, errors
    assert printed.count(str(run / "model.safetensors")) == 1
    assert (run / "history.csv").read_bytes() == (calm / "history.csv").read_bytes()
    ours, theirs = (load_file(folder / "model.safetensors") for folder in (run, calm))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (("--batch-size", "2"), "error: batches of 2 slices for 3 processes (start fewer"),
        (("--epochs", "many"), "error: argument --epochs: invalid int value: 'many' (see"),
    ],
)
def test_wrong_input_is_reported_once(few_dataset, tmp_path, wrong, line):
    arguments = ("train", few_dataset, "--out", tmp_path / "run", *wrong)
    process = torchrun(tmp_path, "-m", "GastricDiffLib", *arguments, processes=3)
    printed, errors = process.communicate()
    assert printed == ""
    reported = [one for one in errors.splitlines() if one.startswith("error:")]
    assert len(reported) == 1, errors
    assert reported[0].startswith(line)
    assert "exitcode  : 2 " in errors
    assert not (tmp_path / "run").exists()


def test_without_torchrun_there_is_one_process(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    with joined():
        assert (rank(), world()) == (0, 1)
        assert gather(["a", "b"]) == ["a", "b"]
        assert broadcast_map(str, [1, 2]) == ["1", "2"]
        assert own_device("cpu") == torch.device("cpu")
        with pytest.raises(KeyError), sync_errors():
            raise KeyError
    assert not torch.distributed.is_initialized()
