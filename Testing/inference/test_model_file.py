"""The model file: read without unpickling, refused with one clear line when it is not whole."""

import json
import os
import pickle
import subprocess
import sys

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from GastricDiffLib.errors import InputError
from GastricDiffLib.inference.model_file import load_model, read_metadata, save_model


@pytest.fixture
def model(small_run):
    return small_run / "model.safetensors"


def with_metadata(model, path, **changes):
    metadata = read_metadata(model) | changes
    save_file(load_file(model), path, {"gastricdiff": json.dumps(metadata)})
    return path


def test_the_file_holds_what_it_was_trained_on_and_how(model, phantom_dataset):
    metadata = read_metadata(model)
    assert metadata["system"] == "r50-imp-dpn-tad"
    assert metadata["input"]["size"] == 64
    assert metadata["input"]["scope"] == "roi"
    assert metadata["classes"] == ["undifferentiated", "differentiated"]
    assert metadata["training"]["cases"] == {"train": 12, "val": 4, "test": 4}
    assert metadata["training"]["settings"]["seed"] == 0
    assert len(metadata["training"]["cohort"]) == 64
    assert {"torch", "numpy", "GastricDiffLib"} <= set(metadata["training"]["versions"])


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_others_may_read_it_as_any_new_file(model, tmp_path):
    (tmp_path / "new").touch()
    assert model.stat().st_mode == (tmp_path / "new").stat().st_mode


def test_no_path_of_the_training_machine_stands_in_it(model, phantom_dataset):
    content = model.read_bytes()
    assert str(phantom_dataset).encode() not in content
    assert str(model.parent.parent).encode() not in content


def test_a_model_comes_back_as_it_was_saved(model):
    loaded = load_model(model)
    stored = load_file(model)
    assert set(loaded.net.state_dict()) == set(stored)
    assert all(torch.equal(loaded.net.state_dict()[name], stored[name]) for name in stored)
    assert not loaded.net.training
    assert loaded.spec.window == (-1024.0, 500.0)


def test_loading_a_model_does_not_wait_for_pytorchs_compiler(model):
    code = (
        "import sys; from GastricDiffLib.classify import Classifier; "
        f"Classifier.load({str(model)!r}, 'cpu'); print('torch._dynamo' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", code]).strip() == b"False"


def test_half_precision_weights_halve_the_file_and_stay_close(model, tmp_path):
    path = tmp_path / "half.safetensors"
    save_model(path, load_file(model), read_metadata(model) | {"weights": "float16"})
    assert path.stat().st_size < 0.55 * model.stat().st_size
    with safe_open(path, "pt") as file:
        assert file.get_tensor("conv1.weight").dtype == torch.float16
    images = torch.rand(4, 1, 64, 64)
    whole, half = (load_model(file).net(images).softmax(1) for file in (model, path))
    torch.testing.assert_close(whole, half, atol=5e-3, rtol=0)


def test_a_pickle_is_never_read(tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    path = tmp_path / "model.safetensors"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(InputError, match="not a whole"):
        load_model(path)
    torch.save({"weights": torch.zeros(3)}, path)
    with pytest.raises(InputError, match="not a whole"):
        load_model(path)
    assert not (tmp_path / "sprung").exists()


def test_a_truncated_file_is_refused(model, tmp_path):
    path = tmp_path / "model.safetensors"
    for length in (4, 500, model.stat().st_size - 10):
        path.write_bytes(model.read_bytes()[:length])
        with pytest.raises(InputError, match="not a whole"):
            load_model(path)


def test_a_file_of_another_version_or_maker_is_refused(model, tmp_path):
    path = tmp_path / "model.safetensors"
    with pytest.raises(InputError, match=r"format version 2, not 1.*update GastricDiff"):
        load_model(with_metadata(model, path, format_version=2))
    save_file(load_file(model), path, {"format": "pt"})
    with pytest.raises(InputError, match="not a GastricDiff model"):
        load_model(path)
    save_file(load_file(model), path, {"gastricdiff": "[1, 2"})
    with pytest.raises(InputError, match="metadata is damaged"):
        load_model(path)
    with pytest.raises(InputError, match="no such model file"):
        load_model(tmp_path / "nowhere.safetensors")


def test_weights_that_do_not_fit_are_refused(model, tmp_path):
    path = with_metadata(model, tmp_path / "model.safetensors", width=0.25)
    with pytest.raises(InputError, match=r"do not fit r50-imp-dpn-tad at width 0\.25"):
        load_model(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"system": "alexnet"},
        {"classes": ["only one"]},
        {"input": {"size": 64}},
        {"threshold": 7},
        {"calibration": {}},
        {"options": {"merge": "sum"}},
    ],
)
def test_incomplete_metadata_is_refused(model, tmp_path, changes):
    path = with_metadata(model, tmp_path / "model.safetensors", **changes)
    with pytest.raises(InputError, match=r"metadata is incomplete|unknown system 'alexnet'"):
        load_model(path)
