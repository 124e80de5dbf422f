"""Slices at the network's size, made once and read in every epoch."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from GastricDiffLib.errors import InputError
from GastricDiffLib.inference.slices import Slices
from GastricDiffLib.nets.input import InputSpec, to_device
from GastricDiffLib.train.batches import Batch, Sample, marks, read_batch
from GastricDiffLib.train.distributed import is_main, share, sync_errors
from GastricDiffLib.train.rows import RowFile

_STEP = 64


class SliceCache:
    """The slices of ``samples``, resized; what an epoch reads in place of the dataset.

    Reading, cropping and resizing cost a quarter of an epoch of a small network. Images are
    kept to 1/65535 of the window, ROI shares to 1/255; the files are as large as the samples at
    that size and live as long as the run, in ``folder``, which is this cache's own. All
    processes must make it: each fills a part, and reads of all.

    Raises
    ------
    InputError
        No space, or no right to write.
    """

    def __init__(self, samples: Sequence[Sample], spec: InputSpec, folder: Path) -> None:
        self.folder = folder
        first: dict[tuple[str, int], Sample] = {}
        for sample in samples:
            first.setdefault((sample.case.pseudonym, sample.k), sample)
        place = {key: row for row, key in enumerate(first)}
        self._rows = np.array([place[sample.case.pseudonym, sample.k] for sample in samples])
        self._labels, self._copies = marks(samples)
        shape = (spec.size, spec.size)
        # Signed, since not every GPU has unsigned numbers of 16 bits.
        self._images = RowFile(folder / "images.raw", np.int16, len(first), shape)
        self._roi = RowFile(folder / "roi.raw", np.uint8, len(first), shape)
        try:
            with sync_errors(), disk_errors(folder):
                if is_main():
                    self._begin()
            with sync_errors(), disk_errors(folder):
                self._fill(list(first.values()), spec)
        except BaseException:
            self.close()
            raise

    def _begin(self) -> None:
        # What a killed run left is of no use: it may not be whole.
        self.close()
        self.folder.mkdir(parents=True)
        self._images.create()
        self._roi.create()

    def _fill(self, unique: Sequence[Sample], spec: InputSpec) -> None:
        own = share(len(unique))
        for start in range(own.start, own.stop, _STEP):
            batch = read_batch(unique[start : min(start + _STEP, own.stop)], spec)
            whole = (batch.images[:, 0] * 65535).round_().sub_(32768)
            self._images.write(start, whole.to(torch.int16).numpy())
            self._roi.write(start, (batch.roi[:, 0] * 255).round_().to(torch.uint8).numpy())

    def batch(self, chosen: np.ndarray, device: torch.device) -> Batch:
        """Those samples by number, on the device, as :func:`read_batch` reads them."""
        rows = self._rows[chosen]
        images = to_device(self._images.read(rows), device).float().add_(32768).div_(65535)
        roi = to_device(self._roi.read(rows), device).float().div_(255)
        labels, copies = (values[chosen].to(device) for values in (self._labels, self._copies))
        return Batch(images[:, None], roi[:, None], labels, copies)

    def close(self) -> None:
        """Remove the files; of several processes the first does."""
        if is_main():
            shutil.rmtree(self.folder, ignore_errors=True)


class ImageCache:
    """Slices that networks in training are judged by epoch after epoch, kept while first read.

    Itself :class:`Slices`, in ``file``, exact; each process has one, of the cases that it judges.
    """

    def __init__(self, slices: Slices, size: int, file: Path) -> None:
        self._slices = slices
        self._file = RowFile(file, np.float32, len(slices), (size, size))
        self._kept = 0

    def __len__(self) -> int:
        return len(self._slices)

    def images(self, part: slice, device: torch.device) -> Tensor:
        """See :class:`Slices`; the first time in rising order."""
        if part.stop <= self._kept:
            with disk_errors(self._file.path.parent):
                rows = self._file.read(np.arange(part.start, part.stop))
            return to_device(rows, device)[:, None]
        images = self._slices.images(part, device)
        if part.start <= self._kept:
            with disk_errors(self._file.path.parent):
                if self._kept == 0:
                    self._file.create()
                self._file.write(part.start, images[:, 0].cpu().numpy())
            self._kept = part.stop
        return images


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn faults of the disk that ``folder`` lies on into an InputError."""
    try:
        yield
    except OSError as error:
        raise InputError(
            "cannot keep the resized slices", folder, f"{error.strerror}; free some space"
        ) from error
