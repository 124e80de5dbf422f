"""Training runs on small phantoms: what they leave, how they stop and go on."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from GastricDiffLib.cli.main import main
from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.errors import Cancelled, InputError
from GastricDiffLib.nets import build_system
from GastricDiffLib.nets.input import InputSpec
from GastricDiffLib.train.batches import (
    Batch,
    augmented,
    draws,
    read_batch,
    shuffled,
    training_samples,
)
from GastricDiffLib.train.config import SETTINGS, TrainConfig
from GastricDiffLib.train.loop import COLUMNS, Trainer

SMALL = {"width": 0.125, "size": 64, "crop": 0.0, "batch_size": 32}


def history(run):
    with open(run / "history.csv", newline="") as file:
        return list(csv.DictReader(file))


def test_a_run_leaves_model_history_checkpoint_and_plot(small_run):
    assert {path.name for path in small_run.iterdir()} == {
        "model.safetensors", "history.csv", "last.ckpt", "history.png", "metrics.json"
    }  # fmt: skip
    rows = history(small_run)
    assert tuple(rows[0]) == COLUMNS
    assert [row["epoch"] for row in rows] == ["0", "1"]
    metrics = json.loads((small_run / "metrics.json").read_text())
    assert metrics["test_cases"] == 4
    low, value, high = (metrics[f"test_case_auc{part}"] for part in ("_low", "", "_high"))
    assert 0 <= low <= value <= high <= 1


def test_distillation_draws_the_attention_towards_the_box(phantom_dataset, tmp_path):
    settings = {"width": 0.125, "size": 96, "crop": 0.0, "batch_size": 8}
    settings |= {"window": (-100.0, 200.0)}
    config = TrainConfig(**settings, epochs=6, lr=3e-3)
    Trainer(Dataset.open(phantom_dataset), config, tmp_path / "run", "cpu").run()
    losses = [float(row["loss_tad"]) for row in history(tmp_path / "run")]
    assert losses[-1] < 0.75 * losses[0], losses


def test_without_distillation_its_loss_is_not_computed(phantom_dataset, tmp_path):
    config = TrainConfig(**SMALL, system="resnext50", epochs=1)
    Trainer(Dataset.open(phantom_dataset), config, tmp_path / "run", "cpu").run()
    row = history(tmp_path / "run")[0]
    assert float(row["loss_tad"]) == 0
    assert row["loss"] == row["loss_cls"]


def train(dataset, out):
    """The arguments of a short training."""
    words = ["train", str(dataset), "--out", str(out), "--device", "cpu", "--patience", "4"]
    return [*words, "--width", "0.125", "--size", "64", "--batch-size", "16", "--epochs", "3"]


def start(*arguments):
    command = [sys.executable, "-m", "GastricDiffLib", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_run_resumes_and_ends_as_an_undisturbed_one(phantom_dataset, tmp_path):
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    assert main(train(phantom_dataset, calm)) == 0

    process = start(*train(phantom_dataset, killed))
    while not (killed / "last.ckpt").exists():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (killed / "model.safetensors").exists()

    _, errors = (process := start(*train(phantom_dataset, killed))).communicate()
    assert process.returncode == 0, errors
    assert (killed / "history.csv").read_bytes() == (calm / "history.csv").read_bytes()
    ours, theirs = (load_file(run / "model.safetensors") for run in (killed, calm))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


def test_a_cancelled_run_goes_on_after_its_last_finished_epoch(phantom_dataset, tmp_path):
    dataset = Dataset.open(phantom_dataset)
    config = TrainConfig(**SMALL, epochs=3)
    steps = Trainer(dataset, config, tmp_path / "run", "cpu").steps

    def cancel(done, total, message):
        if done > 2 * steps:
            raise Cancelled

    with pytest.raises(Cancelled):
        Trainer(dataset, config, tmp_path / "run", "cpu").run(cancel)
    assert len(history(tmp_path / "run")) == 2
    done = []
    Trainer(dataset, config, tmp_path / "run", "cpu").run(lambda at, *_: done.append(at))
    assert done[0] == 2 * steps + 1
    assert len(history(tmp_path / "run")) == 3


def test_a_stopped_run_ends_with_its_best_epoch_and_goes_on_when_called_again(
    phantom_dataset, tmp_path
):
    dataset, run = Dataset.open(phantom_dataset), tmp_path / "run"
    config = TrainConfig(**SMALL, epochs=3)
    steps, done = Trainer(dataset, config, run, "cpu").steps, []

    def stop(at, total, message):
        done.append(at)
        if at == 1:
            run.mkdir(exist_ok=True)
            (run / "stop").touch()

    metadata = Trainer(dataset, config, run, "cpu").run(stop)
    assert metadata["metrics"]["best_epoch"] == 0
    assert done == [*range(1, steps + 1), 3 * steps]  # not before there is a model
    assert [row["epoch"] for row in history(run)] == ["0"]
    assert (run / "model.safetensors").is_file() and not (run / "stop").exists()
    Trainer(dataset, config, run, "cpu").run()
    assert len(history(run)) == 3


def test_dropout_draws_anew_in_a_resumed_run_as_in_an_undisturbed_one(phantom_dataset, tmp_path):
    dataset = Dataset.open(phantom_dataset)
    config = TrainConfig(system="sajja", width=0.125, size=32, batch_size=32, epochs=2)

    def cancel(done, total, message):
        if done > total // 2:
            raise Cancelled

    Trainer(dataset, config, tmp_path / "calm", "cpu").run()
    with pytest.raises(Cancelled):
        Trainer(dataset, config, tmp_path / "cut", "cpu").run(cancel)
    assert len(history(tmp_path / "cut")) == 1
    Trainer(dataset, config, tmp_path / "cut", "cpu").run()
    assert history(tmp_path / "cut") == history(tmp_path / "calm")


def test_another_setup_in_the_same_folder_is_refused(phantom_dataset, small_run):
    before = (small_run / "last.ckpt").read_bytes()
    config = TrainConfig(**SMALL, epochs=2, lr=5e-4)
    with pytest.raises(InputError, match="another settings stands here"):
        Trainer(Dataset.open(phantom_dataset), config, small_run, "cpu").run()
    assert (small_run / "last.ckpt").read_bytes() == before


def test_a_damaged_checkpoint_is_refused_with_how_to_go_on(phantom_dataset, tmp_path):
    (tmp_path / "last.ckpt").write_bytes(b"not a checkpoint")
    with pytest.raises(InputError, match="delete it to start anew"):
        Trainer(Dataset.open(phantom_dataset), TrainConfig(**SMALL), tmp_path, "cpu").run()


def test_it_stops_when_the_validation_auc_no_longer_rises(phantom_dataset, tmp_path):
    config = TrainConfig(**SMALL, epochs=30, patience=2, lr=1e-7)
    Trainer(Dataset.open(phantom_dataset), config, tmp_path / "run", "cpu").run()
    rows = history(tmp_path / "run")
    best = json.loads((tmp_path / "run" / "metrics.json").read_text())["best_epoch"]
    assert len(rows) == best + 3 < 30


def test_a_diverging_run_is_an_error(phantom_dataset, tmp_path):
    config = TrainConfig(**SMALL, epochs=3, lr=1e30)
    with pytest.raises(InputError, match="diverged"):
        Trainer(Dataset.open(phantom_dataset), config, tmp_path / "run", "cpu").run()
    assert not (tmp_path / "run" / "model.safetensors").exists()


def test_a_cohort_without_one_of_the_classes_is_refused(phantom_dataset, tmp_path):
    index = json.loads((phantom_dataset / "dataset.json").read_text())
    for case in index["cases"]:
        if case["split"] == "val":
            case["label"] = 0
        (tmp_path / case["pseudonym"]).symlink_to(phantom_dataset / case["pseudonym"])
    (tmp_path / "dataset.json").write_text(json.dumps(index))
    with pytest.raises(InputError, match="no differentiated case among the 4 validation cases"):
        Trainer(Dataset.open(tmp_path), TrainConfig(**SMALL), tmp_path / "run", "cpu")


@pytest.mark.parametrize(
    "wrong",
    [
        {"merge": "sum"},
        {"size": 8},
        {"lr": 0},
        {"lr": float("nan")},
        {"lam": -1},
        {"window": (5, 5)},
        {"system": "x"},
    ],
)
def test_a_wrong_setting_is_named(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        TrainConfig(**wrong)


def test_every_setting_but_the_seed_is_declared_with_what_people_read():
    assert [*SETTINGS, "seed"] == list(TrainConfig().to_json())
    for name, one in SETTINGS.items():
        assert one.setting.label and one.setting.tooltip[0].isupper(), name
        assert one.setting.tooltip.count(".") == 1, name
        low, high = one.setting.offered or (one.default, one.default)
        for value in (low, high):
            one.setting.check(name, value)
        assert one.setting.offered is None or low <= one.default <= high, name


def test_the_two_classes_stand_in_training_equally_often(phantom_dataset):
    cases = Dataset.open(phantom_dataset).split("train")
    kept = [case for case in cases if case.label == 0] + [c for c in cases if c.label == 1][:2]
    samples = training_samples(kept, "roi", seed=0)
    copies = {(sample.case.pseudonym, sample.copy): sample.case.label for sample in samples}
    assert sum(copies.values()) * 2 == len(copies)


def test_every_epoch_sees_every_slice_once_in_another_order(phantom_dataset):
    samples = training_samples(Dataset.open(phantom_dataset).split("train"), "roi", 0)
    orders = []
    for epoch in (0, 1):
        seen = [samples[n] for batch in shuffled(len(samples), 16, 0, epoch) for n in batch]
        assert len(seen) >= len(samples) - 1
        assert len({(s.case.pseudonym, s.k) for s in seen}) == len(seen)
        orders.append([(s.case.pseudonym, s.k) for s in seen])
    assert orders[0] != orders[1]


def test_augmentation_moves_image_and_roi_together_and_leaves_intensities():
    image = torch.zeros(64, 1, 64, 64)
    image[:, :, 20:34, 36:50] = 0.8
    batch = Batch(image, (image > 0).float(), torch.zeros(64), torch.ones(64, dtype=torch.bool))
    moved = augmented(batch, False, draws(64, torch.Generator().manual_seed(0)))
    torch.testing.assert_close(moved.images, moved.roi * 0.8)
    assert moved.images.amax(dim=(1, 2, 3)).sub(0.8).abs().max() < 1e-5
    area = moved.roi.sum(dim=(1, 2, 3)) / batch.roi.sum(dim=(1, 2, 3))
    assert (area > 0.75).all()
    assert (area < 1.3).all()
    # flipped in about half of the images: the square starts right of the middle
    x = (moved.roi * torch.arange(64.0)).sum(dim=(1, 2, 3)) / moved.roi.sum(dim=(1, 2, 3))
    assert 15 < (x < 31.5).sum() < 49


def test_only_balancing_copies_are_augmented_on_request(phantom_dataset):
    case = Dataset.open(phantom_dataset).cases[0]
    samples = training_samples([case], "roi", 0)[:2]
    batch = read_batch(samples, InputSpec(64))._replace(augment=torch.tensor([False, True]))
    moved = augmented(batch, False, draws(2, torch.Generator().manual_seed(1)))
    torch.testing.assert_close(moved.images[0], batch.images[0], atol=1e-5, rtol=0)
    assert not torch.allclose(moved.images[1], batch.images[1], atol=1e-2)


def test_mean_and_deviation_of_the_input_are_those_of_the_training_slices(phantom_dataset):
    trainer = Trainer(Dataset.open(phantom_dataset), TrainConfig(**SMALL), "unused", "cpu")
    images = read_batch(trainer.samples, InputSpec(64)).images
    assert trainer.spec.mean == pytest.approx(images.mean().item(), abs=1e-3)
    assert trainer.spec.std == pytest.approx(np.std(images.numpy()), abs=1e-3)


def test_a_system_for_the_roi_gets_a_crop_without_asking():
    assert TrainConfig(system="han", crop=0.0).effective_crop > 1
    assert TrainConfig(system="han", crop=2.0).effective_crop == 2
    assert TrainConfig(system="sajja", crop=0.0).effective_crop == 0


def test_training_starts_from_given_weights(phantom_dataset, tmp_path):
    dataset = Dataset.open(phantom_dataset)
    source = build_system("resnext50", in_channels=3, num_classes=1000)
    save_file(source.state_dict(), tmp_path / "weights.safetensors")
    config = TrainConfig(system="resnext50", size=64)
    trainer = Trainer(dataset, config, tmp_path, "cpu", weights=tmp_path / "weights.safetensors")
    torch.testing.assert_close(trainer.net.layer1[0].conv1.weight, source.layer1[0].conv1.weight)
    assert trainer.identity["weights"] is not None
    assert Trainer(dataset, config, tmp_path, "cpu").identity["weights"] is None
