"""Slices at the network's size, made once and read in every epoch."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from GastricDiffLib.cohort.dataset import DatasetCase
from GastricDiffLib.errors import InputError
from GastricDiffLib.nets.input import InputSpec, to_device
from GastricDiffLib.train.batches import (
    Batch,
    Sample,
    case_slices,
    images_of,
    marks,
    read_batch,
)
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
        # Signed, since not every GPU knows unsigned numbers of 16 bits.
        self._images = RowFile(folder / "images.raw", np.int16, len(first), shape)
        self._roi = RowFile(folder / "roi.raw", np.uint8, len(first), shape)
        try:
            with sync_errors(), told(folder):
                if is_main():
                    self._begin()
            with sync_errors(), told(folder):
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
    """The slices of the same cases as networks in training are judged by, epoch by epoch.

    In ``file``, exact; each process keeps those of the cases that it judges. The file is
    written while they are first read.
    """

    def __init__(self, spec: InputSpec, file: Path) -> None:
        self._spec, self._path = spec, file
        self._file: RowFile | None = None

    def parts(
        self, cases: Sequence[DatasetCase], device: torch.device, step: int
    ) -> Iterator[Tensor]:
        """As :func:`images_of`."""
        with told(self._path.parent):
            if self._file is None:
                yield from self._first(cases, device, step)
            else:
                total = self._file.shape[0]
                for start in range(0, total, step):
                    rows = np.arange(start, min(start + step, total))
                    yield to_device(self._file.read(rows), device)[:, None]

    def _first(
        self, cases: Sequence[DatasetCase], device: torch.device, step: int
    ) -> Iterator[Tensor]:
        total = sum(len(case_slices(case, self._spec.scope)) for case in cases)
        file = RowFile(self._path, np.float32, total, (self._spec.size, self._spec.size))
        file.create()
        start = 0
        for images in images_of(cases, self._spec, device, step):
            file.write(start, images[:, 0].cpu().numpy())
            start += len(images)
            yield images
        self._file = file


@contextmanager
def told(folder: Path) -> Iterator[None]:
    """Faults of the disk as a line for the user."""
    try:
        yield
    except OSError as error:
        raise InputError(
            "cannot keep the resized slices", folder, f"{error.strerror}; free some space"
        ) from error
