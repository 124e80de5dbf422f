"""What people use today, each in a process of its own, since memory is treated otherwise there.

    python -m Testing.benchmarks.speed.plain_classifying loop|MONAI SLICES

Classifies noise once for every line on standard input, and answers with a line when it is through;
the first answer, without a question, is ``ready`` or why not.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from GastricDiffLib.nets import build_system

from .noise import SIZE, WINDOW, noise_volume

_MONAI_BATCH = 16


def main() -> None:
    kind, count = sys.argv[1], int(sys.argv[2])
    volume, _ = noise_volume(count)
    torch.manual_seed(0)
    net = build_system("resnext50").eval()
    work = monai_loop(net, volume.hu) if kind == "MONAI" else lambda: plain_loop(net, volume.hu)
    if work is None:
        print("MONAI is not installed")
        return
    work()
    print("ready", flush=True)
    for _ in sys.stdin:
        work()
        print("done", flush=True)


@torch.inference_mode()
def plain_loop(net: nn.Module, hu: np.ndarray) -> list[float]:
    """What a script would do: one slice after the other, float32, default memory order."""
    low, high = WINDOW
    p = []
    for plane in hu:
        image = torch.from_numpy(plane.astype(np.float32))[None, None]
        image = (image.clamp(low, high) - low) / (high - low)
        image = F.interpolate(image, size=(SIZE, SIZE), mode="bilinear", antialias=True)
        p.append(net(image / 0.3).softmax(dim=1)[0, 1].item())
    return p


def monai_loop(net: nn.Module, hu: np.ndarray) -> Callable[[], object] | None:
    """The same through MONAI's transforms and loader; None where it is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from monai.data import DataLoader, Dataset
            from monai.transforms import Compose, EnsureChannelFirst, Resize, ScaleIntensityRange
        except ImportError:
            return None
    low, high = WINDOW
    prepare = Compose(
        [
            EnsureChannelFirst(channel_dim="no_channel"),
            ScaleIntensityRange(low, high, 0.0, 1 / 0.3, clip=True),
            Resize((SIZE, SIZE), mode="bilinear", anti_aliasing=True),
        ]
    )
    loader = DataLoader(Dataset(list(hu), prepare), batch_size=_MONAI_BATCH)

    @torch.inference_mode()
    def run() -> list[float]:
        p: list[float] = []
        for images in loader:
            p += net(images).softmax(dim=1)[:, 1].tolist()
        return p

    return run


if __name__ == "__main__":
    main()
