"""Classifying: which slices, where the heat falls, in which precision, on which axes."""

import copy
import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from GastricDiffLib.classify import Classifier
from GastricDiffLib.ct import CTVolume, read_roi, read_volume
from GastricDiffLib.ct.axial import to_axial
from GastricDiffLib.errors import Cancelled, InputError
from GastricDiffLib.inference.heat import HEAT_MAPS, HeatMaps, heat_volume
from GastricDiffLib.inference.model_file import load_model
from GastricDiffLib.metrics.calibration import Calibration
from GastricDiffLib.nets.crop import Crop
from GastricDiffLib.nets.packed import works
from GastricDiffLib.phantom import make_case
from GastricDiffLib.resources import demo_model
from GastricDiffLib.results.heat_kinds import DEFAULT_HEAT, HEAT_KINDS


@pytest.fixture(scope="module")
def classifier(small_run):
    return Classifier.load(small_run / "model.safetensors", "cpu")


@pytest.fixture(scope="module")
def case():
    return make_case(1, 77, 0.0)


@pytest.fixture(scope="module")
def volume(case):
    return CTVolume.from_array(case.volume, case.grid.ijk_to_lps)


def other(classifier, **changes):
    """The same model with something changed, sharing its weights."""
    return Classifier(dataclasses.replace(classifier.model, **changes), "cpu")


def test_the_slices_that_the_box_cuts_are_classified(classifier, case, volume):
    result = classifier.classify(volume, case.roi)
    cut = list(case.roi.slices(volume))
    assert len(result.p) == len(cut)
    assert result.in_roi.all()
    assert sorted(result.position_mm) == pytest.approx([volume.position_mm(k) for k in cut])
    assert ((result.p > 0) & (result.p < 1)).all()


def test_a_model_of_scope_all_classifies_every_slice(classifier, case, volume):
    spec = dataclasses.replace(classifier.model.spec, scope="all")
    result = other(classifier, spec=spec).classify(volume, case.roi)
    assert len(result.p) == len(volume.hu)
    assert result.in_roi.sum() == len(list(case.roi.slices(volume)))


def test_heat_lies_on_the_inputs_grid_and_only_on_classified_slices(classifier, case, volume):
    result = classifier.classify(volume, case.roi)
    assert result.heat.shape == case.grid.shape
    assert result.heat.dtype == np.float32
    assert result.heat.min() == 0
    assert result.heat.max() == pytest.approx(1, abs=0.05)
    axial = CTVolume.from_array(np.round(result.heat * 1000), case.grid.ijk_to_lps).hu
    hot = np.flatnonzero(axial.any(axis=(1, 2)))
    assert set(hot) <= set(case.roi.slices(volume))
    assert len(hot) >= len(result.p) - 1


@pytest.mark.parametrize("crop", [Crop.whole(40, 30), Crop(-4, 5, 22)])
@pytest.mark.parametrize("turn", ["as it is", "flipped", "oblique"])
def test_heat_streamed_slice_by_slice_is_the_heat_of_all_at_once(crop, turn):
    matrix = np.diag([0.8, 0.7, 2.0, 1.0])
    hu = np.full((9, 40, 30), -500, dtype=np.int16)
    if turn == "flipped":
        matrix, hu = matrix[:, [0, 2, 1, 3]] * [1, -1, -1, 1], hu.transpose(1, 0, 2)
    if turn == "oblique":
        angle = np.deg2rad(10)
        turned = [[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]]
        matrix[:3, :3] = turned @ matrix[:3, :3]
    volume = CTVolume.from_array(hu, matrix)
    depth, height, width = volume.hu.shape
    crop = crop if turn != "oblique" else Crop.whole(height, width)
    chosen = np.array([1, 2, 4, depth - 1])
    maps = torch.rand(4, 7, 7, generator=torch.Generator().manual_seed(0)) - 0.2
    found = heat_volume(maps, chosen, crop, volume)
    maps = maps.clamp_min(0)
    maps = maps - maps.amin(dim=(1, 2), keepdim=True)
    whole = np.zeros(volume.hu.shape, dtype=np.float32)
    whole[chosen] = (crop.back(maps / maps.max(), height, width) * 256).round().numpy() / 256
    expected = volume.to_input_grid(whole)
    assert found.shape == volume.grid.shape and found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)
    if turn != "oblique":
        assert found.flags.c_contiguous  # files and scenes take it as it is


def test_every_kind_of_heat_that_is_offered_is_computed():
    assert list(HEAT_KINDS) == list(HEAT_MAPS)
    assert DEFAULT_HEAT in HEAT_KINDS
    for name, kind in HEAT_KINDS.items():
        assert kind.name == name and kind.label and kind.help


def test_a_kind_of_heat_is_added_by_what_it_computes(classifier, case, volume, monkeypatch):
    def brightest(net, outputs):
        return outputs.s4.float().amax(dim=1)

    monkeypatch.setitem(HEAT_MAPS, "brightest", HeatMaps(brightest))
    result = classifier.classify(volume, case.roi, heat="brightest")
    assert result.heat_kind == "brightest"
    assert not np.array_equal(result.heat, classifier.classify(volume, case.roi).heat)


def test_signed_maps_are_turned_towards_the_vote_and_others_are_not():
    maps = torch.tensor([[[1.0, -2.0]]])
    for kind in HEAT_MAPS.values():
        assert kind.towards(maps, True).equal(maps)
        assert kind.towards(maps, False).equal(-maps if kind.signed else maps)
    assert HEAT_MAPS["cam"].signed and not HEAT_MAPS["attention"].signed


@pytest.mark.parametrize("heat", HEAT_KINDS)
def test_both_kinds_of_heat_are_finite_and_named(classifier, case, volume, heat):
    result = classifier.classify(volume, case.roi, heat=heat)
    assert result.heat_kind == heat
    assert np.isfinite(result.heat).all()
    with pytest.raises(InputError, match="unknown heat 'warm'"):
        classifier.classify(volume, case.roi, heat="warm")


def test_a_class_activation_map_favours_the_class_that_the_case_votes_for(classifier, case, volume):
    spec = dataclasses.replace(classifier.model.spec, size=160)
    torn = other(classifier, spec=spec, net=copy.deepcopy(classifier.model.net))
    features = []
    last = torn.predictor.net.fc
    last.register_forward_pre_hook(lambda _, pooled: features.append(pooled[0].float()))
    torn.classify(volume, case.roi)
    # Weights at right angles to the mean features: some places favour either class.
    mean = torch.cat(features).mean(dim=0)
    with torch.no_grad():
        for weight in last.weight:
            weight -= (weight @ mean) / (mean @ mean) * mean
    heats = {}
    for threshold in (0.001, 0.999):
        calibration = dataclasses.replace(torn.model.calibration, threshold=threshold)
        torn.model = dataclasses.replace(torn.model, calibration=calibration)
        result = torn.classify(volume, case.roi, heat="cam")
        heats[result.vote] = result.heat
    undifferentiated, differentiated = heats["undifferentiated"], heats["differentiated"]
    both = (undifferentiated > 0) | (differentiated > 0)
    assert np.corrcoef(undifferentiated[both], differentiated[both])[0, 1] < 0


def test_flipped_and_permuted_axes_give_the_same_probabilities_and_heat(classifier, case):
    volume = CTVolume.from_array(case.volume, case.grid.ijk_to_lps)
    straight = classifier.classify(volume, case.roi)
    array = case.volume.transpose(1, 0, 2)[:, ::-1]
    matrix = case.grid.ijk_to_lps[:, [0, 2, 1, 3]].copy()
    # the flipped axis starts at its other end: i, j, k of the new array are i, k, j of the old
    matrix[:3, 3] += matrix[:3, 1] * (array.shape[1] - 1)
    matrix[:3, 1] *= -1
    turned = classifier.classify(CTVolume.from_array(array, matrix), case.roi)
    order = np.argsort(straight.position_mm), np.argsort(turned.position_mm)
    np.testing.assert_allclose(straight.p[order[0]], turned.p[order[1]], atol=1e-3)
    np.testing.assert_allclose(turned.heat, straight.heat.transpose(1, 0, 2)[:, ::-1], atol=5e-3)


@pytest.mark.parametrize("form", ["nrrd", "nii.gz", "mha"])
def test_the_real_ct_gives_the_same_result_from_every_format(
    classifier, shared_data, tmp_path, form
):
    import SimpleITK as sitk

    rois = read_roi(shared_data / "abdomen-roi.mrk.json")
    dicom = read_volume(shared_data / "abdomen-dicom")
    expected = classifier.classify(dicom, rois)
    assert len(expected.p) == 20
    image = sitk.GetImageFromArray(np.ascontiguousarray(dicom.hu))
    image.SetSpacing(dicom.spacing_mm[::-1])
    image.SetOrigin(dicom.origin_lps)
    turned = sitk.Flip(sitk.PermuteAxes(image, (2, 0, 1)), (True, False, True))
    sitk.WriteImage(turned, str(tmp_path / f"ct.{form}"))
    volume = read_volume(tmp_path / f"ct.{form}")
    found = classifier.classify(volume, rois)
    by_place = np.argsort(expected.position_mm), np.argsort(found.position_mm)
    np.testing.assert_allclose(expected.p[by_place[0]], found.p[by_place[1]], atol=1e-3)
    anatomy = to_axial(expected.heat, dicom), to_axial(found.heat, volume)
    np.testing.assert_allclose(*anatomy, atol=5e-3)


def test_half_precision_stays_within_two_hundredths_of_float32(classifier, case, volume):
    exact = other(classifier)
    exact.predictor.dtype = None
    coarse = other(classifier)
    coarse.predictor.dtype = torch.bfloat16
    difference = coarse.classify(volume, case.roi).p - exact.classify(volume, case.roi).p
    assert np.abs(difference).max() < 0.02


def test_half_precision_changes_no_vote_of_the_bundled_model():
    if not works(torch.bfloat16):
        pytest.skip("PyTorch without oneDNN's fused operations")
    fast, exact = Classifier.load(demo_model(), "cpu"), Classifier.load(demo_model(), "cpu")
    fast.predictor.dtype, exact.predictor.dtype = torch.bfloat16, None
    # Where filters do not keep their sums in rounding, this case's probabilities move by 0.04.
    made = make_case(1, 700_005)
    volume = CTVolume.from_array(made.volume, made.grid.ijk_to_lps)
    one, two = fast.classify(volume, made.roi), exact.classify(volume, made.roi)
    assert np.abs(one.p - two.p).max() < 0.02
    np.testing.assert_array_equal(one.slice_votes, two.slice_votes)


def test_numbers_that_half_precision_cannot_hold_are_computed_again(classifier, case, volume):
    loud = other(classifier, net=copy.deepcopy(classifier.model.net))
    loud.predictor.dtype = torch.float16
    with torch.no_grad():
        # the same network, but for a stage between whose convolutions float16's range is left
        block = loud.predictor.net.layer1[0]
        for part in (block.conv1.weight, block.conv1.bias):
            part.mul_(1e6)
        block.conv2.weight.mul_(1e-6)
    exact = other(classifier)
    exact.predictor.dtype = None
    expected = exact.classify(volume, case.roi).p
    np.testing.assert_allclose(loud.classify(volume, case.roi).p, expected, atol=1e-3)


def test_a_network_that_yields_no_number_is_named(classifier, case, volume):
    broken = other(classifier, net=copy.deepcopy(classifier.model.net))
    with torch.no_grad():
        broken.predictor.net.fc.weight.fill_(float("nan"))
    with pytest.raises(InputError, match="no finite number"):
        broken.classify(volume, case.roi)


def test_where_memory_is_short_smaller_batches_go_through(classifier, case, volume):
    expected = classifier.classify(volume, case.roi)
    short = other(classifier)
    whole, sizes = short.predictor.net, []

    def outputs(images):
        sizes.append(len(images))
        if len(images) > 4:
            raise torch.cuda.OutOfMemoryError("out of memory")
        return whole.outputs(images)

    short.predictor.net = SimpleNamespace(outputs=outputs, logits=whole.logits)
    found = short.classify(volume, case.roi)
    assert sizes[0] > 4 and sum(size for size in sizes if size <= 4) == len(found.p)
    np.testing.assert_allclose(found.p, expected.p, atol=1e-3)
    np.testing.assert_allclose(found.heat, expected.heat, atol=5e-3)


def test_too_little_memory_for_a_single_slice_is_an_error(classifier, case, volume):
    short = other(classifier)

    def outputs(images):
        raise torch.cuda.OutOfMemoryError("out of memory")

    short.predictor.net = SimpleNamespace(outputs=outputs)
    with pytest.raises(InputError, match=r"not enough memory for one slice.*--device cpu"):
        short.classify(volume, case.roi)


def test_progress_counts_slices_and_may_cancel(classifier, case, volume):
    seen = []
    classifier.classify(volume, case.roi, lambda *at: seen.append(at))
    count = len(list(case.roi.slices(volume)))
    assert seen[-1][:2] == (count, count)

    def cancel(*_):
        raise Cancelled

    with pytest.raises(Cancelled):
        classifier.classify(volume, case.roi, cancel)


def test_a_box_beside_the_ct_is_refused(classifier, case, volume):
    far = dataclasses.replace(case.roi, center_lps=np.array([5000.0, 0, 0]))
    with pytest.raises(InputError, match="outside the CT"):
        classifier.classify(volume, far)


def test_calibration_moves_the_probabilities_as_a_logistic_curve(classifier, case, volume):
    plain, found = (
        other(classifier, calibration=Calibration(*numbers)).classify(volume, case.roi).p
        for numbers in ((1.0, 0.0), (2.0, 0.5))
    )
    plain = plain.astype(float)
    logit = np.log(plain / (1 - plain))
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-(2 * logit + 0.5))), atol=1e-4)


def test_the_note_of_a_model_stands_in_the_result(classifier, case, volume):
    card = classifier.model.card
    warned = dataclasses.replace(card, metadata=card.metadata | {"note": "Phantoms only."})
    assert other(classifier, card=warned).classify(volume, case.roi).notes == ("Phantoms only.",)


def test_an_unknown_or_absent_device_is_named(small_run):
    with pytest.raises(InputError, match="unknown device 'tpu'"):
        Classifier(load_model(small_run / "model.safetensors"), "tpu")
    if not torch.cuda.is_available():
        with pytest.raises(InputError, match="no cuda device"):
            Classifier(load_model(small_run / "model.safetensors"), "cuda")
