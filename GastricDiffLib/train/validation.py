"""A network in training judged by cases that it is not trained on."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from GastricDiffLib.cohort.dataset import DatasetCase
from GastricDiffLib.inference.model_file import margins
from GastricDiffLib.inference.predictor import Predictor
from GastricDiffLib.inference.slices import Slices, case_slices
from GastricDiffLib.metrics.calibration import Calibration
from GastricDiffLib.metrics.scores import Scores, score_cases
from GastricDiffLib.train.losses import focal_loss


def logits_by_case(
    predictor: Predictor, cases: Sequence[DatasetCase], slices: Slices
) -> list[Tensor]:
    """Logits n×2, float32 on the CPU, of each case's slices.

    ``slices`` are those of all cases in a row: a case alone seldom fills a batch, so whole
    batches go through the network, whatever cases they are of.
    """
    sizes = [len(case_slices(case, predictor.spec.scope)) for case in cases]
    return list(torch.split(predictor.predict(slices).logits, sizes)) if sizes else []


def judged(
    cases: Sequence[DatasetCase],
    logits: Sequence[Tensor],
    gamma: float,
    calibration: Calibration | None = None,
) -> tuple[Scores, float]:
    """Scores of the cases, and the focal loss over all their slices, both classes alike.

    ``logits``: N×2 of each case; ``calibration``: the identity if None.
    """
    calibration = calibration or Calibration()
    truth = [case.label for case in cases]
    sizes = torch.tensor([len(one) for one in logits])
    labels = torch.tensor(truth).repeat_interleave(sizes)
    loss = focal_loss(torch.cat(list(logits)), labels, 0.5, gamma)
    p = [calibration.probabilities(margins(one)) for one in logits]
    return score_cases(truth, p, calibration.threshold), loss.item()


def validation_columns(
    cases: Sequence[DatasetCase], logits: Sequence[Tensor], gamma: float
) -> dict[str, float]:
    """What a run's history holds of the validation cases after an epoch; see :func:`judged`."""
    scores, loss = judged(cases, logits, gamma)
    return {
        "val_loss": loss,
        "val_image_auc": scores.image_auc,
        "val_case_auc": scores.case_auc,
        "val_image_acc": scores.image_accuracy,
        "val_case_acc": scores.case_accuracy,
    }
