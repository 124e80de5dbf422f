"""The command line: what it writes, and one clear line for every wrong call."""

import csv
import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from dicom_files import write_series
from export_cohorts import make_cohort
from safetensors.torch import load_file, save_file

from GastricDiffLib import RESEARCH_USE
from GastricDiffLib.cli.command import all_commands
from GastricDiffLib.cli.main import main
from GastricDiffLib.cli.parser import build_parser
from GastricDiffLib.cli.settings import settings_of
from GastricDiffLib.ct import read_volume
from GastricDiffLib.inference.model_file import read_metadata
from GastricDiffLib.results.files import RESULT_FILES
from GastricDiffLib.train.config import SETTINGS, TrainConfig


@pytest.fixture(scope="module")
def model(small_run):
    return small_run / "model.safetensors"


@pytest.fixture(scope="module")
def one_case(phantom_cohort):
    """CT and ROI of one phantom."""
    images = phantom_cohort.parent / "images"
    return images / "case-001.nrrd", images / "case-001.mrk.json"


def classify(ct, roi, model, out, *more):
    arguments = ["classify", ct, "--roi", roi, "--model", model, "--out", out, *more]
    return main([str(argument) for argument in arguments])


def test_classifying_the_real_ct_writes_every_file(shared_data, model, tmp_path, capsys):
    out = tmp_path / "out"
    roi = shared_data / "abdomen-roi.mrk.json"
    assert classify(shared_data / "abdomen-dicom", roi, model, out) == 0
    assert {path.name for path in out.iterdir()} == set(RESULT_FILES)
    with open(out / "slices.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["slice", "position_mm", "in_roi", "p_differentiated", "vote"]
    assert len(rows) == 20
    assert {row["in_roi"] for row in rows} == {"1"}
    case = json.loads((out / "case.json").read_text())
    assert case["votes_differentiated"] + case["votes_undifferentiated"] == 20
    printed = capsys.readouterr().out
    assert case["vote"] in printed
    assert str(out / "scene.mrb") in printed
    assert RESEARCH_USE in printed


def test_events_are_json_lines_that_end_with_the_result(one_case, model, tmp_path, capsys):
    assert classify(*one_case, model, tmp_path / "out", "--events") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    kinds = [event["event"] for event in events]
    assert kinds.count("result") == 1
    assert kinds[-1] == "result"
    progress = [event for event in events if event["event"] == "progress"]
    assert progress[-1]["done"] == progress[-1]["total"]
    assert events[-1]["scene.mrb"] == str(tmp_path / "out" / "scene.mrb")


def test_phantom_train_and_info_work_together(tmp_path, capsys):
    assert main(["phantom", str(tmp_path / "cohort"), "--cases", "8", "--difficulty", "0"]) == 0
    run = tmp_path / "run"
    arguments = ["train", str(tmp_path / "cohort" / "cohort.csv"), "--out", str(run)]
    arguments += ["--width", "0.125", "--size", "64", "--epochs", "1", "--window", "-100", "200"]
    assert main(arguments) == 0
    assert (run / "dataset" / "dataset.json").is_file()
    capsys.readouterr()
    assert main(["info", str(run / "model.safetensors")]) == 0
    metadata = json.loads(capsys.readouterr().out)
    assert metadata["input"]["window"] == [-100, 200]
    assert metadata["training"]["cases"]["train"] == 4


def test_export_takes_another_pair_of_classes(tmp_path, capsys):
    cohort = make_cohort(tmp_path / "source")
    text = cohort.read_text()
    cohort.write_text(text.replace("undifferentiated", "benign").replace("differentiated", "bad"))
    arguments = ["export", str(cohort), str(tmp_path / "out"), "--workers", "1"]
    arguments += ["--classes", "benign,bad"]
    assert main(arguments) == 0
    assert json.loads((tmp_path / "out" / "dataset.json").read_text())["classes"] == [
        "benign",
        "bad",
    ]
    assert main([*arguments[:-1], "benign"]) == 2


def loaded(*arguments: str) -> set[str]:
    """The names of all modules that a Python process with these arguments imported."""
    command = [sys.executable, "-X", "importtime", *arguments]
    ended = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    lines = (line for line in ended.stderr.splitlines() if line.startswith("import time:"))
    return {line.rpartition("|")[2].strip() for line in lines}


SLOW = {"torch", "numpy", "SimpleITK", "matplotlib", "sklearn", "scipy", "tqdm", "logging"}


@pytest.mark.parametrize("words", [["--help"], ["train", "--help"], ["compare", "--help"]])
def test_help_brings_no_slow_library_in(words):
    names = loaded("-m", "GastricDiffLib", *words)
    assert "GastricDiffLib.cli.main" in names
    assert not names & SLOW
    assert not names & {"asyncio", "importlib.metadata"}


def test_a_command_imports_no_other_commands_module():
    code = "import sys; from GastricDiffLib.cli.parser import build_parser; build_parser('train')"
    ended = subprocess.run(
        [sys.executable, "-c", f"{code}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    names = {f"GastricDiffLib.cli.{name}" for name in all_commands()}
    assert names & set(ended.stdout.split()) == {"GastricDiffLib.cli.train"}


def test_the_help_lists_the_commands_for_people_in_their_order(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = [line.split() for line in capsys.readouterr().out.splitlines()]
    names = [words[0] for words in shown if words and words[0] in all_commands()]
    assert names == [
        "demo", "phantom", "export", "train", "compare", "evaluate", "classify", "view", "info"
    ]  # fmt: skip
    hidden = [name for name, command in all_commands().items() if command.hidden]
    assert hidden == ["session", "receive", "worker"]


def test_a_module_beside_the_commands_is_no_command(capsys):
    for word in ("console", "main", "nowhere.else"):
        assert main([word]) == 2
        assert f"no such command: {word}" in capsys.readouterr().err


def test_importing_the_library_imports_nothing_else():
    # The same without it: what Python itself and the environment bring in does not count.
    added = loaded("-c", "import GastricDiffLib") - loaded("-c", "pass")
    assert added == {"GastricDiffLib"}


@pytest.mark.parametrize(
    ("word", "hint"), [("clasify", "did you mean classify? see"), ("sesion", "see"), ("'", "see")]
)
def test_a_word_that_is_no_command_is_named_with_what_was_meant(word, hint, capsys):
    assert main([word]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("error: ")
    assert f"no such command: {word} ({hint} gastricdiff" in printed
    assert "session" not in printed and "receive" not in printed


@pytest.mark.parametrize(
    ("package", "work", "slow"),
    [("nets.packed", "works(torch.float32)", "sympy"), ("scene", "new_scene()", "vtk")],
    ids=["packing", "scene"],
)
def test_classifying_brings_no_slow_library_in_that_it_does_not_need(package, work, slow):
    assert slow not in loaded("-c", f"from GastricDiffLib.{package} import *; {work}")


def test_the_module_starts_as_a_program():
    done = subprocess.run(
        [sys.executable, "-m", "GastricDiffLib", "--help"], capture_output=True, text=True
    )
    assert done.returncode == 0
    assert "classify" in done.stdout
    assert RESEARCH_USE in done.stdout


def test_the_help_of_train_shows_every_default(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["train", "--help"])
    assert ended.value.code == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "(default r50-imp-dpn-tad)" in printed
    assert "(default -1024.0 500.0)" in printed
    assert "one of none, concat, gate (default concat)" in printed
    assert printed.count("(default ") == len(SETTINGS)


def test_every_setting_is_an_option_that_takes_its_own_default():
    words = ["train", "dataset", "--out", "run"]
    assert settings_of(build_parser("train").parse_args(words)) == {}
    for one in SETTINGS.values():
        words += [one.flag, *map(str, one.values(one.default))]
    settings = settings_of(build_parser("train").parse_args(words))
    assert settings == {name: one.default for name, one in SETTINGS.items()}
    assert TrainConfig(**settings) == TrainConfig()


def test_a_setting_may_be_given_by_its_other_name():
    options = build_parser("train").parse_args(["train", "x", "--out", "y", "--lambda", "2"])
    assert settings_of(options) == {"lam": 2.0}


def saved(path: Path, array: np.ndarray) -> Path:
    sitk.WriteImage(sitk.GetImageFromArray(array), str(path))
    return path


def without_a_slice(path, source):
    path.mkdir()
    for number, file in enumerate(sorted(source.iterdir())):
        if number != 7:
            (path / file.name).symlink_to(file)
    return path


def as_mr(path, source):
    write_series(path, read_volume(source).hu[:8, 180:212, 200:240], modality="MR")
    return path


def wrong_inputs(tmp, real, ct, roi, model):
    """What is wrong → (CT, ROI, model, words of the line)."""
    hu = sitk.GetArrayFromImage(sitk.ReadImage(str(ct)))
    holes = hu.astype(np.float32)
    holes[3, 4, 5] = np.nan
    (tmp / "empty").mkdir()
    png = tmp / "png.nrrd"
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((9, 9), np.uint8)), str(tmp / "a.png"))
    png.write_bytes((tmp / "a.png").read_bytes())
    cut = tmp / "cut.nrrd"
    cut.write_bytes(ct.read_bytes()[: ct.stat().st_size // 2])
    markups = json.loads(roi.read_text())
    away = json.loads(roi.read_text())
    away["markups"][0]["center"] = [9000, 0, 0]
    points = json.loads(roi.read_text())
    points["markups"][0]["type"] = "Fiducial"
    files = {"away": away, "points": points, "none": markups | {"markups": []}}
    for name, content in files.items():
        (tmp / f"{name}.mrk.json").write_text(json.dumps(content))
    (tmp / "pickle.safetensors").write_bytes(pickle.dumps({"weights": [1, 2]}))
    (tmp / "cut.safetensors").write_bytes(model.read_bytes()[:9000])
    newer = json.dumps(read_metadata(model) | {"format_version": 99})
    save_file(load_file(model), tmp / "newer.safetensors", {"gastricdiff": newer})
    return {
        "missing path": (tmp / "nowhere.nrrd", roi, model, "nowhere.nrrd"),
        "empty folder": (tmp / "empty", roi, model, "empty"),
        "slice removed": (
            without_a_slice(tmp / "gap", real / "abdomen-dicom"), roi, model, "missing"
        ),
        "MR": (as_mr(tmp / "mr", real / "abdomen-dicom"), roi, model, "MR"),
        "PNG named nrrd": (png, roi, model, "png.nrrd"),
        "truncated NRRD": (cut, roi, model, "cut.nrrd"),
        "0…255": (saved(tmp / "grey.nrrd", (hu % 256).astype(np.uint8)), roi, model, "Hounsfield"),
        "NaN": (saved(tmp / "nan.nrrd", holes), roi, model, "NaN"),
        "ROI outside": (ct, tmp / "away.mrk.json", model, "outside"),
        "no box": (ct, tmp / "none.mrk.json", model, "none.mrk.json"),
        "fiducials": (ct, tmp / "points.mrk.json", model, "Fiducial"),
        "missing ROI": (ct, tmp / "gone.mrk.json", model, "gone.mrk.json"),
        "pickled model": (ct, roi, tmp / "pickle.safetensors", "pickle"),
        "truncated model": (ct, roi, tmp / "cut.safetensors", "truncated"),
        "newer model": (ct, roi, tmp / "newer.safetensors", "version 99"),
    }  # fmt: skip


def test_every_wrong_input_ends_with_one_line_and_leaves_nothing(
    shared_data, one_case, model, tmp_path, capfd
):
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    for name, (ct, roi, weights, words) in wrong_inputs(
        inputs, shared_data, *one_case, model
    ).items():
        out = tmp_path / "out"
        assert classify(ct, roi, weights, out) == 2, name
        printed = capfd.readouterr()
        lines = printed.err.strip().splitlines()
        assert len(lines) == 1, (name, lines)
        assert lines[0].startswith("error: "), name
        assert words in lines[0], (name, lines[0])
        assert "Traceback" not in printed.out + printed.err
        assert not out.exists(), name
    assert [path.name for path in tmp_path.iterdir()] == ["inputs"]


def test_an_output_that_cannot_be_written_is_refused_before_the_work(
    one_case, model, tmp_path, capfd
):
    (tmp_path / "file").write_text("in the way")
    for out in (tmp_path / "file", tmp_path / "file" / "deeper"):
        assert classify(*one_case, model, out) == 2
        assert capfd.readouterr().err.count("\n") == 1
    assert (tmp_path / "file").read_text() == "in the way"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "COMMAND"),
        (["classfy"], "classfy"),
        (["classify", "x"], "--roi"),
        (["phantom", "x", "--cases", "one"], "one"),
        (["phantom", "x", "--cases", "1"], "too few cases"),
        (["phantom", "x", "--seed", "-1"], "seed"),
        (["train", "nowhere", "--out", "x", "--width", "0"], "width"),
        (["train", "nowhere", "--out", "x", "--system", "alexnet"], "alexnet"),
        (["train", "nowhere", "--out", "x", "--window", "5"], "window"),
        (["train", "nowhere", "--out", "x"], "nowhere"),
        (["info", "nowhere"], "nowhere"),
        (["classify", "x", "--roi", "y", "--out", "z", "--heat", "warm"], "warm"),
    ],
)
def test_a_wrong_call_is_one_line(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert words in lines[0]
    assert not list(tmp_path.iterdir())


def test_a_fault_of_the_program_keeps_its_traceback_in_the_log(
    one_case, model, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.setattr("GastricDiffLib.inference.model_file.read_metadata", lambda *_: 1 / 0)
    assert main(["info", str(model)]) == 1
    printed = capsys.readouterr().err
    assert "unexpected ZeroDivisionError" in printed
    assert "Traceback" not in printed
    log = (tmp_path / "home" / ".gastricdiff" / "log.txt").read_text()
    assert "ZeroDivisionError: division by zero" in log


def test_cancelling_exits_with_130_and_leaves_nothing(one_case, model, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("GastricDiffLib.cli.console.Console.progress", interrupted)
    assert classify(*one_case, model, tmp_path / "out") == 130
    assert not list(tmp_path.iterdir())
