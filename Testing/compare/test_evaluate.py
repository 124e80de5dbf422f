"""Judging a model by a dataset: the same numbers as training and classifying, and its files."""

import contextlib
import csv
import io
import json
import re
import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from sklearn.metrics import roc_auc_score

from GastricDiffLib import RESEARCH_USE
from GastricDiffLib.classify import Classifier
from GastricDiffLib.cli.main import main
from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.cohort.manifest import read_cohort
from GastricDiffLib.compare.evaluation import EVALUATION_FILES, ROWS
from GastricDiffLib.ct import read_roi, read_volume
from GastricDiffLib.errors import Cancelled, InputError
from GastricDiffLib.files import sha256
from GastricDiffLib.inference.model_file import load_model, read_metadata, save_model
from GastricDiffLib.inference.predict import as_predictions, case_margins, evaluable_cases, predict
from GastricDiffLib.metrics.calibration import Calibration
from GastricDiffLib.metrics.predictions import Predictions
from GastricDiffLib.metrics.scores import Scores, score


@pytest.fixture(scope="module")
def model_file(small_run):
    return small_run / "model.safetensors"


def altered(model_file, path, **metadata):
    """The model with other metadata in its file."""
    stored = read_metadata(model_file) | metadata
    stored.pop("format_version")
    save_model(path, load_file(model_file), stored)
    return path


@pytest.fixture(scope="module")
def calibrated(model_file, tmp_path_factory):
    """The model with a calibration and a threshold that matter."""
    path = tmp_path_factory.mktemp("calibrated") / "model.safetensors"
    return altered(model_file, path, threshold=0.4, calibration={"scale": 2.5, "bias": -0.3})


@pytest.fixture(scope="module")
def evaluated(calibrated, phantom_dataset, tmp_path_factory):
    """The folder that ``gastricdiff evaluate`` wrote."""
    out = tmp_path_factory.mktemp("evaluated") / "deep" / "out"
    assert evaluate(calibrated, phantom_dataset, out) == 0
    return out


def evaluate(model, dataset, out, *more):
    arguments = ["evaluate", model, dataset, "--out", out, "--device", "cpu", *more]
    return main([str(argument) for argument in arguments])


def test_the_test_split_scores_as_in_training(model_file, phantom_dataset, small_run):
    dataset = Dataset.open(phantom_dataset)
    scores = score(predict(load_model(model_file), dataset.split("test"), "cpu"))
    kept = json.loads((small_run / "metrics.json").read_text())
    assert scores.image_auc == pytest.approx(kept["test_image_auc"], abs=0.02)
    assert scores.case_auc == pytest.approx(kept["test_case_auc"], abs=0.02)


def test_a_dataset_case_gets_the_probabilities_that_the_classifier_gives_its_ct(
    calibrated, phantom_cohort, phantom_dataset
):
    classifier = Classifier.load(calibrated, "cpu")
    row = read_cohort(phantom_cohort)[0]
    volume = read_volume(row.image)
    # The dataset's order is its own: the case is known by its voxels.
    middle = volume.hu[len(volume.hu) // 2].clip(-1024, 500)
    case = next(
        case
        for case in Dataset.open(phantom_dataset).cases
        if np.array_equal(case.read(np.array([case.n_slices // 2]))[0][0], middle)
    )
    result = classifier.classify(volume, read_roi(row.roi))
    predictions = predict(load_model(calibrated), [case], "cpu")
    # The same slices in the same batches, on a CPU: the same bits.
    np.testing.assert_array_equal(predictions.p[0], result.p)
    assert len(np.unique(np.round(result.p, 4))) > 3
    assert predictions.thresholds.tolist() == [result.threshold]
    assert predictions.case_votes[0] == (result.vote == result.classes[1])


def test_every_slice_of_the_scope_is_predicted(model_file, phantom_dataset, tmp_path):
    case = Dataset.open(phantom_dataset).cases[0]
    stored = read_metadata(model_file)["input"]
    whole = load_model(
        altered(model_file, tmp_path / "m.safetensors", input=stored | {"scope": "all"})
    )
    within = predict(load_model(model_file), [case], "cpu").slices[0]
    assert within.tolist() == case.roi_slices().tolist()
    assert predict(whole, [case], "cpu").slices[0].tolist() == list(range(case.n_slices))
    assert len(within) < case.n_slices


def test_calibration_is_applied_to_the_margins(model_file, calibrated, phantom_dataset):
    cases = Dataset.open(phantom_dataset).split("val")
    margins = case_margins(load_model(model_file), cases, "cpu")
    ours = as_predictions(cases, margins, Calibration(2.5, -0.3, 0.4), "roi")
    theirs = predict(load_model(calibrated), cases, "cpu")
    np.testing.assert_array_equal(ours.image_p, theirs.image_p)
    by_hand = 1 / (1 + np.exp(0.3 - 2.5 * np.concatenate(margins).astype(float)))
    # in the single precision of the margins
    np.testing.assert_allclose(ours.image_p, by_hand, rtol=3e-7)


def test_predicting_can_be_watched_and_cancelled(model_file, phantom_dataset):
    cases, seen = Dataset.open(phantom_dataset).split("test"), []
    predict(load_model(model_file), cases, "cpu", lambda *what: seen.append(what[:2]))
    total = sum(len(case.roi_slices()) for case in cases)
    assert seen[-1] == (total, total)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})

    def cancel(*_):
        raise Cancelled

    with pytest.raises(Cancelled):
        predict(load_model(model_file), cases, "cpu", cancel)


def test_a_network_of_infinite_weights_is_named(model_file, phantom_dataset, tmp_path):
    stored = read_metadata(model_file)
    stored.pop("format_version")
    weights = {k: torch.full_like(v, torch.inf) if v.is_floating_point() else v
               for k, v in load_file(model_file).items()}  # fmt: skip
    save_model(tmp_path / "broken.safetensors", weights, stored)
    with pytest.raises(InputError, match="no finite number"):
        predict(load_model(tmp_path / "broken.safetensors"),
                Dataset.open(phantom_dataset).split("test"), "cpu")  # fmt: skip


def test_evaluating_writes_every_file_and_no_more(evaluated):
    assert {path.name for path in evaluated.iterdir()} == set(EVALUATION_FILES)
    assert [path.name for path in evaluated.parent.iterdir()] == ["out"]


def test_the_metrics_hold_each_value_with_its_interval_and_where_it_comes_from(
    evaluated, calibrated, phantom_dataset
):
    stored = json.loads((evaluated / "metrics.json").read_text())
    assert stored["model"]["sha256"] == sha256(calibrated)
    assert stored["research_use"] == RESEARCH_USE
    assert stored["dataset"]["cases"] == stored["dataset"]["patients"] == 4
    assert stored["dataset"]["cohort"] == Dataset.open(phantom_dataset).cohort_hash
    assert (stored["threshold"], stored["calibration"]) == (0.4, {"scale": 2.5, "bias": -0.3})
    assert set(stored["metrics"]) == set(Scores.__dataclass_fields__)
    for name, metric in stored["metrics"].items():
        assert metric["low"] <= metric["value"] <= metric["high"], name


def test_the_kept_predictions_give_the_same_metrics_again(evaluated):
    predictions = Predictions.read(evaluated / "predictions.csv")
    stored = json.loads((evaluated / "metrics.json").read_text())["metrics"]
    for name, value in vars(score(predictions)).items():
        assert stored[name]["value"] == pytest.approx(value, abs=1e-6)
    with open(evaluated / "predictions.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    theirs = roc_auc_score([int(r["label"]) for r in rows], [float(r["p"]) for r in rows])
    assert stored["image_auc"]["value"] == pytest.approx(theirs, abs=1e-6)


def test_the_pictures_are_whole_and_not_blank(evaluated):
    for name in ("roc.png", "reliability.png"):
        with Image.open(evaluated / name) as picture:
            assert min(picture.size) > 600
            assert len(picture.convert("RGB").getcolors(1 << 20)) > 50


def test_the_terminal_shows_a_table_and_the_files(model_file, phantom_dataset, tmp_path, capsys):
    assert evaluate(model_file, phantom_dataset, tmp_path / "out", "--split", "val") == 0
    printed = capsys.readouterr()
    stored = json.loads((tmp_path / "out" / "metrics.json").read_text())["metrics"]["case_auc"]
    line = next(line for line in printed.out.splitlines() if line.startswith("AUC"))
    assert line.endswith(f"{stored['value']:.3f} ({stored['low']:.3f}–{stored['high']:.3f})")
    assert str(tmp_path / "out" / "roc.png") in printed.out
    assert RESEARCH_USE in printed.out
    assert "note: the model was trained or chosen on these cases" in printed.err


def test_events_end_with_the_metrics_as_numbers(model_file, phantom_dataset, tmp_path, capsys):
    assert evaluate(model_file, phantom_dataset, tmp_path / "out", "--events") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {event["event"] for event in events} == {"progress", "result"}
    stored = json.loads((tmp_path / "out" / "metrics.json").read_text())["metrics"]
    assert events[-1]["image_brier"] == pytest.approx(stored["image_brier"]["value"], abs=1e-6)


def relabelled(dataset, path, change, **top):
    """The dataset with entries of its index changed; its arrays are copied."""
    shutil.copytree(dataset, path)
    index = json.loads((path / "dataset.json").read_text()) | top
    for entry in index["cases"]:
        change(entry)
    (path / "dataset.json").write_text(json.dumps(index))
    return path


def to_train(entry):
    entry["split"] = "train"


def all_negative(entry):
    entry["label"] = 0


@pytest.mark.parametrize(
    ("change", "top", "words"),
    [
        (to_train, {}, "no case in split 'test'"),
        (all_negative, {}, "no differentiated case among the 4 test cases"),
        (dict, {"classes": ["benign", "malignant"]}, "benign and malignant"),
        (dict, {"classes": ["differentiated", "undifferentiated"]}, "the model distinguishes"),
    ],
    ids=["empty split", "one class", "other classes", "classes swapped"],
)
def test_a_dataset_that_cannot_judge_the_model_is_one_line_and_no_folder(
    change, top, words, model_file, phantom_dataset, tmp_path, capsys
):
    dataset = relabelled(phantom_dataset, tmp_path / "dataset", change, **top)
    assert evaluate(model_file, dataset, tmp_path / "out") == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert words in lines[0]
    assert not (tmp_path / "out").exists()


def test_results_that_stand_there_are_not_overwritten(
    evaluated, calibrated, phantom_dataset, capsys
):
    before = (evaluated / "metrics.json").read_bytes()
    assert evaluate(calibrated, phantom_dataset, evaluated) == 2
    assert "exists already" in capsys.readouterr().err
    assert (evaluated / "metrics.json").read_bytes() == before


def test_cancelling_leaves_nothing(model_file, phantom_dataset, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("GastricDiffLib.cli.console.Console.progress", interrupted)
    assert evaluate(model_file, phantom_dataset, tmp_path / "out") == 130
    assert not list(tmp_path.iterdir())


def test_a_split_with_both_classes_is_taken_whole(model_file, phantom_dataset):
    dataset = Dataset.open(phantom_dataset)
    cases = evaluable_cases(dataset, "train", load_model(model_file))
    assert cases == dataset.split("train")


@pytest.fixture(scope="module")
def one_a_class(model_file, phantom_dataset, tmp_path_factory):
    """The evaluation on one patient of each class, and the table that it printed."""
    folder = tmp_path_factory.mktemp("one")
    kept = {0, 1}

    def first_of_each(entry):
        entry["split"] = "test" if entry["label"] in kept else "train"
        kept.discard(entry["label"])

    dataset = relabelled(phantom_dataset, folder / "dataset", first_of_each)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert evaluate(model_file, dataset, folder / "out") == 0
    return folder / "out", printed.getvalue()


def test_with_one_patient_a_class_no_interval_has_width_0(one_a_class):
    out, _ = one_a_class
    metrics = json.loads((out / "metrics.json").read_text())["metrics"]
    assert set(metrics) == set(Scores.__dataclass_fields__)
    assert any(metric["low"] is None for metric in metrics.values())
    for name, metric in metrics.items():
        if 0 < metric["value"] < 1:
            assert metric["low"] is metric["high"] is None, name
        else:
            # All right or all wrong is bounded exactly, and widely.
            assert metric["high"] - metric["low"] > 0.8, name


def test_the_table_shows_too_few_where_an_interval_is_not_available(one_a_class):
    out, printed = one_a_class
    metrics = json.loads((out / "metrics.json").read_text())["metrics"]
    lines = [line for line in printed.splitlines() if line.startswith(tuple(ROWS.values()))]
    cells = re.findall(r"\d\.\d{3} \((?:too few|[\d.]+–[\d.]+)\)", "\n".join(lines))
    assert len(cells) == len(metrics)
    assert sum("too few" in cell for cell in cells) == sum(
        metric["low"] is None for metric in metrics.values()
    )
    assert not re.search(r"\(([\d.]+)–\1\)", printed)
    assert "too few: an interval takes 2 patients of each class" in printed
    assert "nan" not in printed
