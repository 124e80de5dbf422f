"""Systems compared on small phantoms: what it leaves, how it stops and goes on."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from GastricDiffLib.cli.main import main
from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.compare import ComparisonPlan, compare
from GastricDiffLib.compare.files import write_comparison
from GastricDiffLib.compare.published import METHODS
from GastricDiffLib.compare.results import against_reference, collect
from GastricDiffLib.compare.tables import CSV_FILES
from GastricDiffLib.errors import InputError
from GastricDiffLib.metrics.predictions import Predictions
from GastricDiffLib.nets import SYSTEMS

SETTINGS = {"width": 0.0625, "size": 32, "batch_size": 32, "epochs": 1}
OPTIONS = [part for k, v in SETTINGS.items() for part in (f"--{k.replace('_', '-')}", str(v))]
PAIR = ("resnext50", "r50-imp-dpn-tad")
FOLDED = ["--systems", ",".join(PAIR), "--folds", "2", *OPTIONS, "--epochs", "2"]


@pytest.fixture(scope="module")
def compared(phantom_dataset, tmp_path_factory):
    """All eight systems on the dataset's own split."""
    out = tmp_path_factory.mktemp("compared") / "out"
    assert main(["compare", str(phantom_dataset), "--out", str(out), *OPTIONS]) == 0
    return out


@pytest.fixture(scope="module")
def calm(phantom_dataset, tmp_path_factory):
    """Two systems in two folds, undisturbed."""
    out = tmp_path_factory.mktemp("calm") / "out"
    assert main(["compare", str(phantom_dataset), "--out", str(out), *FOLDED]) == 0
    return out


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_all_eight_systems_stand_in_the_tables_beside_the_papers_figures(compared):
    three, four = rows(compared / "table3.csv"), rows(compared / "table4.csv")
    assert {row["system"] for row in three + four} == set(METHODS)
    assert [row["method"] for row in three][-1] == "Ours"
    assert [row["paper_auc"] for row in four] == ["0.7467", "0.7834", "0.7635", "0.8135"]
    for row in three + four:
        low, value, high = (float(row[f"case_auc{part}"]) for part in ("_low", "", "_high"))
        assert 0 <= low <= value <= high <= 1


def test_a_systems_auc_is_that_of_its_kept_predictions(compared, phantom_dataset):
    dataset = Dataset.open(phantom_dataset)
    for row in rows(compared / "metrics.csv")[: len(SYSTEMS)]:
        predictions = Predictions.read(compared / "predictions" / f"{row['system']}-seed0.csv")
        assert predictions.cases == tuple(case.pseudonym for case in dataset.split("test"))
        assert float(row["case_auc"]) == pytest.approx(
            roc_auc_score(predictions.labels, predictions.case_p), abs=1e-6
        )
        assert float(row["image_auc"]) == pytest.approx(
            roc_auc_score(predictions.image_labels, predictions.image_p), abs=1e-6
        )


def test_the_report_holds_everything_in_one_file(compared, phantom_dataset):
    page = (compared / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == 5
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    assert "Research use only" in page
    for text in ("Table 3", "Table 4", "0.8135", "68.50", "DeLong", "McNemar", *SYSTEMS):
        assert text in page
    for case in Dataset.open(phantom_dataset).split("test"):
        assert case.pseudonym in page
    assert str(compared) not in page and str(phantom_dataset) not in page


def test_finished_runs_are_kept_and_nothing_changes(calm, phantom_dataset, capfd):
    before = {path: path.read_bytes() for path in calm.rglob("*") if path.is_file()}
    assert main(["compare", str(phantom_dataset), "--out", str(calm), *FOLDED]) == 0
    assert "case AUC" not in capfd.readouterr().err  # nothing was trained
    assert {path: path.read_bytes() for path in calm.rglob("*") if path.is_file()} == before


def start(dataset, out):
    command = [sys.executable, "-m", "GastricDiffLib", "compare", str(dataset), "--out", str(out)]
    return subprocess.Popen([*command, *FOLDED], stderr=subprocess.PIPE, encoding="utf-8")


def test_a_comparison_killed_twice_ends_as_an_undisturbed_one(calm, phantom_dataset, tmp_path):
    out, killed = tmp_path / "killed", 0
    for wanted in (1, 3):
        process = start(phantom_dataset, out)
        while process.poll() is None and killed < wanted:
            # Not every folder: files that are being written stand in some that go away.
            histories = list(out.glob("runs/*/*/history.csv"))
            if len(histories) >= wanted:
                os.kill(process.pid, signal.SIGKILL)
                killed = wanted
            time.sleep(0.01)
        process.communicate()
    assert killed == 3
    assert not (out / "report.html").exists()
    _, shown = (process := start(phantom_dataset, out)).communicate()
    assert process.returncode == 0, shown
    assert "4/4 " in shown and "left" in shown
    names = [case.pseudonym for case in Dataset.open(phantom_dataset).cases]
    assert list(Predictions.read(calm / "predictions/resnext50-seed0.csv").cases) == names
    for name in (*CSV_FILES, *(f"predictions/{system}-seed0.csv" for system in PAIR)):
        assert (out / name).read_bytes() == (calm / name).read_bytes()
    for one in (out, calm):
        assert not list(one.rglob("last.ckpt")) and not list(one.rglob("cache"))


def test_parallel_runs_give_what_one_after_the_other_gives(phantom_dataset, tmp_path, monkeypatch):
    # As many threads here as each worker has: another number rounds sums otherwise.
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    threads = torch.get_num_threads()
    dataset = Dataset.open(phantom_dataset)
    plan = ComparisonPlan(PAIR[:1], 2, (0,), SETTINGS)
    together = compare(dataset, plan, tmp_path / "two", "cpu", workers=2)
    torch.set_num_threads(1)
    try:
        after = compare(dataset, plan, tmp_path / "one", "cpu")
    finally:
        torch.set_num_threads(threads)
    for a, b in zip(together, after, strict=True):
        assert a.predictions.cases == b.predictions.cases
        for p, q in zip(a.predictions.p, b.predictions.p, strict=True):
            np.testing.assert_array_equal(p, q)


def test_torchrun_compares_with_all_processes_and_reports_once(phantom_dataset, tmp_path):
    out = tmp_path / "out"
    call = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    call += ["-m", "GastricDiffLib", "compare", str(phantom_dataset), "--out", str(out)]
    call += ["--systems", "resnext50", *OPTIONS]
    done = subprocess.run(call, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\nreport.html") == 1 and done.stderr.count("1/1 resnext50") == 1
    (row,) = rows(out / "table3.csv")
    assert row["system"] == "resnext50" and row["case_auc"]
    held_out = Predictions.read(out / "predictions" / "resnext50-seed0.csv").cases
    assert len(held_out) == len(Dataset.open(phantom_dataset).split("test"))


def test_several_seeds_are_averaged_and_named(phantom_dataset, tmp_path):
    dataset = Dataset.open(phantom_dataset)
    plan = ComparisonPlan(PAIR, None, (3, 4), SETTINGS)
    results = collect(dataset, compare(dataset, plan, tmp_path, "cpu"))
    first = results[0]
    by_seed = [roc_auc_score(one.labels, one.case_p) for one in first.predictions]
    assert first.metrics["case_auc"].value == pytest.approx(np.mean(by_seed))
    (test,) = against_reference(results)
    assert test.reference == "r50-imp-dpn-tad" and test.name == "resnext50"
    gain = results[1].metrics["case_auc"].value - first.metrics["case_auc"].value
    assert test.auc_case.difference == pytest.approx(gain)
    write_comparison(tmp_path, dataset, plan, results)
    assert (tmp_path / "predictions" / "resnext50-seed4.csv").is_file()
    assert "2 seeds" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_runs_of_other_settings_are_never_taken_for_these(compared, phantom_dataset, capfd):
    call = ["compare", str(phantom_dataset), "--out", str(compared), *OPTIONS]
    assert main([*call, "--lr", "0.01"]) == 2
    error = capfd.readouterr().err
    assert "another lr" in error and "--out" in error
    record = next(compared.rglob("run.json"))
    kept = record.read_text()
    record.write_text("{")
    assert main(call) == 2
    assert "damaged" in capfd.readouterr().err
    record.write_text(kept)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--systems", "resnet"], "choose from vgg19"),
        (["--systems", "han,han"], "name each once"),
        (["--folds", "1"], "2 folds or more"),
        (["--folds", "11"], "fewer folds"),
        (["--repeats", "0"], "at least 1"),
        (["--epochs", "0"], "at least 1"),
    ],
)
def test_a_wrong_plan_is_reported_before_anything_is_written(
    options, words, phantom_dataset, tmp_path, capsys
):
    out = tmp_path / "out"
    assert main(["compare", str(phantom_dataset), "--out", str(out), *options]) == 2
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1
    assert not out.exists()


def test_a_diverging_run_is_named(phantom_dataset, tmp_path):
    plan = ComparisonPlan(PAIR[:1], None, (0,), SETTINGS | {"lr": 1e30})
    with pytest.raises(InputError, match=r"diverged.*resnext50"):
        compare(Dataset.open(phantom_dataset), plan, tmp_path, "cpu")


def test_covariates_stand_beside_the_systems_as_they_are(phantom_dataset, tmp_path):
    from dataclasses import replace

    from GastricDiffLib.compare.baselines import covariates

    dataset = Dataset.open(phantom_dataset)
    cases = [
        replace(case, covariates={"marker": case.label + 0.1 * i, "same": 1.0, "word": "x"})
        for i, case in enumerate(dataset.cases)
    ]
    cases[0].covariates["marker"] = None
    (found,) = covariates(replace(dataset, cases=tuple(cases)), [c.pseudonym for c in cases])
    marker = [case.covariates["marker"] for case in cases[1:]]
    expected = roc_auc_score([case.label for case in cases[1:]], marker)
    assert found.name == "marker"
    assert found.metrics["case_auc"].value == pytest.approx(expected)


def test_the_index_tells_plan_and_cohort_but_no_path(compared, phantom_dataset):
    text = (compared / "comparison.json").read_text()
    index = json.loads(text)
    assert index["cohort"] == Dataset.open(phantom_dataset).cohort_hash
    assert index["plan"]["folds"] is None and index["plan"]["systems"] == list(SYSTEMS)
    assert str(phantom_dataset.parent) not in text
