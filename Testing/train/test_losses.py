"""Focal loss and TAD against closed forms."""

import math

import pytest
import torch
import torch.nn.functional as F

from GastricDiffLib.nets import attention_map
from GastricDiffLib.nets.base import Outputs
from GastricDiffLib.train.losses import focal_loss, tad_loss, teacher_map


def outputs(s4, s5):
    return Outputs(torch.zeros(len(s4), 2), s4, s5, s5)


def test_with_gamma_0_focal_loss_is_weighted_cross_entropy():
    torch.manual_seed(0)
    logits, target = torch.randn(20, 2), torch.randint(0, 2, (20,))
    for alpha in (0.5, 0.3):
        weight = torch.tensor([1 - alpha, alpha])
        expected = F.cross_entropy(logits, target, weight, reduction="none").mean()
        torch.testing.assert_close(focal_loss(logits, target, alpha, gamma=0), expected)


def test_focal_loss_of_one_sample_is_the_papers_formula():
    p = 0.8
    logits = torch.tensor([[0.0, math.log(p / (1 - p))]])
    found = focal_loss(logits, torch.tensor([1]), alpha=0.25, gamma=2)
    assert found.item() == pytest.approx(-0.25 * (1 - p) ** 2 * math.log(p), rel=1e-5)
    found = focal_loss(logits, torch.tensor([0]), alpha=0.25, gamma=2)
    assert found.item() == pytest.approx(-0.75 * p**2 * math.log(1 - p), rel=1e-5)


def test_focal_loss_stays_finite_for_extreme_logits():
    logits = torch.tensor([[200.0, -200.0], [200.0, -200.0]], requires_grad=True)
    loss = focal_loss(logits, torch.tensor([0, 1]))
    loss.backward()
    assert loss.item() == pytest.approx(0.5 * 400 / 2)
    assert torch.isfinite(logits.grad).all()


def test_tad_is_zero_when_all_maps_agree():
    roi = torch.zeros(2, 1, 32, 32)
    roi[:, :, 8:16, 16:24] = 1
    s4 = F.adaptive_avg_pool2d(roi, 8).sqrt() * torch.ones(1, 3, 1, 1)
    found = tad_loss(outputs(s4, 2 * s4), roi, roi)
    assert found.item() == pytest.approx(0, abs=1e-6)


def test_tad_of_disjoint_maps_is_two_for_each_term():
    roi = torch.zeros(1, 1, 4, 4)
    roi[..., 0, 0] = 1
    s4 = torch.zeros(1, 1, 4, 4)
    s4[..., 1, 1] = 1
    s5 = torch.zeros(1, 1, 4, 4)
    s5[..., 2, 2] = 1
    assert tad_loss(outputs(s4, s5), roi, roi, beta=0.5).item() == pytest.approx(2 + 0.5 * 2)


def test_the_second_term_does_not_reach_the_fourth_stage():
    s4 = torch.rand(2, 3, 4, 4, requires_grad=True)
    s5 = torch.rand(2, 3, 2, 2, requires_grad=True)
    no_roi = torch.zeros(2, 1, 8, 8)  # the first term is out of play
    tad_loss(outputs(s4, s5), no_roi, no_roi).backward()
    assert torch.equal(s4.grad, torch.zeros_like(s4))
    assert s5.grad.abs().sum() > 0


def test_the_first_term_does_not_reach_the_fifth_stage():
    s4 = torch.rand(1, 3, 4, 4, requires_grad=True)
    s5 = torch.rand(1, 3, 2, 2, requires_grad=True)
    roi = torch.ones(1, 1, 8, 8)
    tad_loss(outputs(s4, s5), roi, roi, beta=0).backward()
    assert s4.grad.abs().sum() > 0
    assert torch.equal(s5.grad, torch.zeros_like(s5))


def test_a_slice_without_roi_has_no_first_term():
    torch.manual_seed(0)
    s4, s5 = torch.rand(2, 3, 4, 4), torch.rand(2, 3, 4, 4)
    roi = torch.zeros(2, 1, 4, 4)
    roi[0, :, :2] = 1
    both = tad_loss(outputs(s4, s5), roi, roi, beta=0)
    alone = tad_loss(outputs(s4[:1], s5[:1]), roi[:1], roi[:1], beta=0)
    assert both.item() == pytest.approx(alone.item() / 2)


def test_the_mask_teacher_is_the_roi_averaged_onto_the_grid():
    roi = torch.zeros(1, 1, 4, 4)
    roi[..., :2, :3] = 1  # on a 2×2 grid: shares 1, 0.5, 0, 0
    expected = torch.tensor([[[1.0, 0.5], [0.0, 0.0]]]) / 1.25**0.5
    torch.testing.assert_close(teacher_map(roi, roi, (2, 2), "mask", "l2"), expected)


def test_the_intensity_teacher_is_at_gen_of_the_rois_pixels():
    torch.manual_seed(0)
    images, roi = torch.rand(1, 1, 4, 4), torch.zeros(1, 1, 4, 4)
    roi[..., 1:3, 1:3] = 1
    found = teacher_map(roi, images, (4, 4), "intensity", "l2")
    torch.testing.assert_close(found, attention_map(images * roi))
    with pytest.raises(ValueError, match="'edge'"):
        teacher_map(roi, images, (4, 4), "edge", "l2")
