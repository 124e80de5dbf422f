"""How a script would train: PNG files, PyTorch's loader, ResNeXt-50, nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from GastricDiffLib.cohort.dataset import DatasetCase
from GastricDiffLib.nets import build_system
from GastricDiffLib.nets.device import autocast, channels_last

_WINDOW = (-1024.0, 500.0)
_MOST_DEGREES, _MOST_SHIFT = 15, 0.08


class PngSlices(Dataset):
    """Slices as grey PNG files, resized, flipped, turned and shifted one by one."""

    def __init__(self, files: list[tuple[Path, int]], size: int) -> None:
        self.files, self.size = files, size

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        path, label = self.files[index]
        with Image.open(path) as image:
            image = image.resize((self.size, self.size), Image.Resampling.BILINEAR)
        angle, flip, *shift = (torch.rand(4) * 2 - 1).tolist()
        if flip > 0:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        image = image.rotate(
            angle * _MOST_DEGREES,
            Image.Resampling.BILINEAR,
            translate=[round(part * _MOST_SHIFT * self.size) for part in shift],
        )
        return torch.from_numpy(np.asarray(image, np.float32) / 255)[None], label


def write_pngs(folder: Path, cases: list[DatasetCase]) -> list[tuple[Path, int]]:
    """The ROI's slices of every case as PNG files, with the labels; kept if they are there."""
    folder.mkdir(parents=True, exist_ok=True)
    low, high = _WINDOW
    files = []
    for case in cases:
        slices = case.roi_slices()
        for k, hu in zip(slices, case.read_hu(slices), strict=True):
            path = folder / f"{case.pseudonym}-{k}.png"
            if not path.exists():
                grey = (np.clip(hu.astype(np.float32), low, high) - low) / (high - low) * 255
                Image.fromarray(grey.round().astype(np.uint8)).save(path)
            files.append((path, case.label))
    return files


def endless(files: list[tuple[Path, int]], size: int, batch: int, workers: int) -> Iterator:
    """Batches of images and labels, epoch after epoch."""
    loader = DataLoader(
        PngSlices(files, size), batch, shuffle=True, num_workers=workers, drop_last=True,
        persistent_workers=workers > 0,
    )  # fmt: skip
    while True:
        yield from loader


class PlainStep:
    """Forward, cross entropy, backward, AdamW; ``fast``: in ``dtype`` and channels-last too."""

    def __init__(self, device: torch.device, dtype: torch.dtype | None, fast: bool) -> None:
        torch.manual_seed(0)
        self.net = build_system("resnext50").to(device).train()
        self.device, self.dtype, self.fast = device, dtype if fast else None, fast
        if fast:
            channels_last(self.net)
        self.optimizer = torch.optim.AdamW(self.net.parameters(), lr=1e-4, fused=fast or None)

    def __call__(self, images: Tensor, labels: Tensor) -> float:
        images, labels = images.to(self.device), labels.to(self.device)
        with autocast(self.device, self.dtype):
            logits = self.net(channels_last(images) if self.fast else images)
        loss = F.cross_entropy(logits.float(), labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()


def decode(files: list[tuple[Path, int]]) -> None:
    """The decoder alone."""
    for path, _ in files:
        with Image.open(path) as image:
            image.load()
