"""The one place that runs a network: the same slices, the same numbers, and nothing changed."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from GastricDiffLib.cohort.dataset import Dataset
from GastricDiffLib.compare.overlap import overlap
from GastricDiffLib.errors import Cancelled, InputError
from GastricDiffLib.inference.classifier import Classifier
from GastricDiffLib.inference.model_file import load_model
from GastricDiffLib.inference.predict import case_margins, predict
from GastricDiffLib.inference.predictor import Predictor
from GastricDiffLib.inference.slices import CaseSlices, JoinedSlices, case_slices
from GastricDiffLib.nets.input import InputSpec
from GastricDiffLib.nets.packed import PackedConv

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def model(small_run):
    return load_model(small_run / "model.safetensors")


@pytest.fixture(scope="module")
def cases(phantom_dataset):
    return Dataset.open(phantom_dataset).split("test")


def made(model, **options):
    return Predictor(model.net, model.spec, CPU, **options)


def test_a_model_that_is_handed_in_stays_as_it_is(small_run, cases):
    model = load_model(small_run / "model.safetensors")
    before = {name: value.clone() for name, value in model.net.state_dict().items()}
    orders = [value.stride() for value in model.net.state_dict().values()]
    kinds = [type(part) for part in model.net.modules()]
    images = torch.rand(2, 1, 64, 64)
    expected = model.net(images)
    classifier = Classifier(model, "cpu")
    predict(model, cases[:1], "cpu")
    overlap(model, cases[:1], "cpu")
    assert any(isinstance(part, PackedConv) for part in classifier.predictor.net.modules())
    after = model.net.state_dict()
    assert before.keys() == after.keys()
    assert all(value.equal(after[name]) for name, value in before.items())
    assert [value.stride() for value in after.values()] == orders
    assert [type(part) for part in model.net.modules()] == kinds
    assert all(parameter.requires_grad for parameter in model.net.parameters())
    assert model.net(images).equal(expected)


def test_what_is_not_folded_shares_the_models_memory(model):
    predictor = made(model)
    assert predictor.net.fc.weight.data_ptr() == model.net.fc.weight.data_ptr()


def test_a_network_in_training_runs_as_it_is(model, cases):
    slices = CaseSlices(cases[0], model.spec)
    predictor = made(model, dtype=None, prepared=False)
    assert predictor.net is model.net
    images = slices.images(slice(0, len(slices)), CPU)[:16]
    with torch.inference_mode():
        expected = model.net(model.spec.normalised(images))
    torch.testing.assert_close(predictor.predict(slices).logits[:16], expected)


def test_a_prepared_network_computes_what_the_plain_one_does(model, cases):
    slices = CaseSlices(cases[0], model.spec)
    exact = made(model, dtype=None).predict(slices)
    plain = made(model, dtype=None, prepared=False).predict(slices)
    torch.testing.assert_close(exact.logits, plain.logits, atol=1e-4, rtol=1e-4)


def test_outputs_are_streamed_batch_by_batch_in_the_slices_order(model, cases):
    slices = CaseSlices(cases[0], model.spec)
    predictor = made(model, batch=4)
    parts = list(predictor.stream(slices, lambda outputs, part: outputs.features, None))
    assert [part.start for part, _ in parts] == list(range(0, len(slices), 4))
    assert parts[-1][0].stop == len(slices)
    for part, found in parts:
        count = part.stop - part.start
        assert found.logits.shape == (count, 2)
        assert found.read.shape[0] == count and found.read.dim() == 4
    whole = predictor.predict(slices, lambda outputs, part: outputs.features)
    assert whole.read.shape[0] == len(slices)
    assert predictor.predict(slices).read is None


def test_slices_of_several_cases_are_those_of_each(model, cases):
    parts = [CaseSlices(case, model.spec) for case in cases]
    joined = JoinedSlices(parts)
    every = torch.cat([one.images(slice(0, len(one)), CPU) for one in parts])
    assert len(joined) == len(every)
    for start, stop in ((0, 3), (5, len(every)), (len(parts[0]) - 1, len(parts[0]) + 2)):
        assert joined.images(slice(start, stop), CPU).equal(every[start:stop])
    border = slice(len(parts[0]), len(parts[0]) + 1)
    assert joined.images(border, CPU).equal(parts[1].images(slice(0, 1), CPU))


def test_no_slice_gives_no_logit(model):
    assert made(model).predict(JoinedSlices([])).logits.shape == (0, 2)


def test_the_scope_and_the_choice_name_the_slices(model, cases):
    case = cases[0]
    assert case_slices(case, "all").tolist() == list(range(case.n_slices))
    assert len(CaseSlices(case, InputSpec(64, scope="all"))) == case.n_slices
    assert len(CaseSlices(case, InputSpec(64))) == len(case.roi_slices()) < case.n_slices
    one = CaseSlices(case, model.spec, case.roi_slices()[3:4])
    every = CaseSlices(case, model.spec)
    assert one.images(slice(0, 1), CPU).equal(every.images(slice(3, 4), CPU))
    roi = one.roi(slice(0, 1))
    assert roi.shape == (1, model.spec.size, model.spec.size)
    assert 0 < roi.mean() < 1


def test_evaluating_computes_again_what_half_precision_cannot_hold(model, cases):
    predictor, dtypes = made(model, dtype=torch.bfloat16), []
    inner = predictor.net

    def outputs(images):
        found = inner.outputs(images)
        dtypes.append(found.s5.dtype)
        # Beyond its range, as float16 would be.
        half = found.s5.dtype == torch.bfloat16
        return found._replace(features=found.features * torch.inf) if half else found

    predictor.net = SimpleNamespace(outputs=outputs, logits=inner.logits)
    slices = CaseSlices(cases[0], model.spec)
    found = predictor.predict(slices)
    assert dtypes[0] == torch.bfloat16 and dtypes[-1] == torch.float32
    torch.testing.assert_close(found.logits, made(model, dtype=None).predict(slices).logits)


def test_evaluating_goes_on_with_smaller_batches_where_memory_is_short(model, cases, monkeypatch):
    expected = case_margins(model, cases[:1], "cpu")[0]
    sizes = []
    images = CaseSlices.images

    def short(self, part, device):
        sizes.append(part.stop - part.start)
        if sizes[-1] > 3:
            raise torch.cuda.OutOfMemoryError("out of memory")
        return images(self, part, device)

    monkeypatch.setattr(CaseSlices, "images", short)
    found = case_margins(model, cases[:1], "cpu")[0]
    assert sizes[0] > 3 and max(sizes[3:]) <= 3
    np.testing.assert_allclose(found, expected, atol=1e-2)

    def none(self, part, device):
        raise torch.cuda.OutOfMemoryError("out of memory")

    monkeypatch.setattr(CaseSlices, "images", none)
    with pytest.raises(InputError, match=r"not enough memory for one slice.*--device cpu"):
        overlap(model, cases[:1], "cpu")


def test_progress_may_cancel_between_two_batches(model, cases):
    seen = []

    def cancel(done, total, message):
        seen.append(done)
        raise Cancelled

    with pytest.raises(Cancelled):
        made(model, batch=2).predict(CaseSlices(cases[0], model.spec), progress=cancel)
    assert seen == [2]
