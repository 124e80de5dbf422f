"""AT-GEN, the activation-based attention generator (paper, section 3.1)."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
import torch.nn.functional as F
from torch import Tensor

from GastricDiffLib.nets.choices import NORMALISATIONS


def attention_map(
    features: Tensor,
    size: tuple[int, int] | None = None,
    power: float = 2,
    normalise: str = "l2",
) -> Tensor:
    """Squeeze a feature tensor into one attention map per image.

    G(A) = Σ_c |A_c|ⁿ, brought to ``size`` bilinearly, then normalised over its pixels:
    ``l2`` divides by the map's L2 norm; ``softmax`` is the choice of the paper's
    reference 19; ``minmax`` stretches to 0…1. A map that is zero everywhere stays zero
    under ``l2`` and ``minmax``.

    Parameters
    ----------
    features
        N×C×h×w activations of one stage.
    size
        (H, W) of the map; the features' own h×w when None.
    power
        n of the paper; its cross-validation chose 2.
    normalise
        One of ``NORMALISATIONS``.

    Returns
    -------
    Tensor
        N×H×W, float32 also under autocast: squares of half-precision activations overflow.

    Raises
    ------
    ValueError
        Unknown normalisation, or features without four dimensions.

    Examples
    --------
    >>> features = torch.tensor([[[[3.0, 0.0]], [[0.0, 2.0]]]])  # one image, two channels, 1×2
    >>> attention_map(features, normalise="minmax")
    tensor([[[1., 0.]]])
    """
    if features.dim() != 4:
        raise ValueError(f"attention_map takes N×C×h×w features, got {tuple(features.shape)}")
    with _full_precision(features.device):
        squeezed = squeeze(features, power)
        if size is not None and tuple(size) != tuple(squeezed.shape[-2:]):
            squeezed = F.interpolate(
                squeezed[:, None], size=size, mode="bilinear", align_corners=False
            )[:, 0]
        return normalise_map(squeezed, normalise)


def _full_precision(device: torch.device) -> AbstractContextManager[object]:
    """No autocast; shapes without values (the meta device) know none."""
    return nullcontext() if device.type == "meta" else torch.autocast(device.type, enabled=False)


def squeeze(features: Tensor, power: float = 2) -> Tensor:
    """G(A) = Σ_c |A_c|ⁿ: N×C×h×w → N×h×w float32, not normalised."""
    features = features.float()
    # The paper's own power needs no absolute values, nor a way back through them.
    raised = features.square() if power == 2 else features.abs().pow(power)
    return raised.sum(dim=1)


def normalise_map(maps: Tensor, normalise: str = "l2") -> Tensor:
    """Normalise N×H×W maps, each over its own pixels, as :func:`attention_map` does.

    Raises
    ------
    ValueError
        Unknown normalisation.
    """
    flat = maps.flatten(1)
    if normalise == "l2":
        flat = F.normalize(flat, dim=1)
    elif normalise == "softmax":
        flat = flat.softmax(dim=1)
    elif normalise == "minmax":
        low, high = flat.amin(1, keepdim=True), flat.amax(1, keepdim=True)
        flat = (flat - low) / (high - low).clamp_min(torch.finfo(flat.dtype).tiny)
    else:
        raise ValueError(f"normalise must be one of {', '.join(NORMALISATIONS)}, not {normalise!r}")
    return flat.view_as(maps)
