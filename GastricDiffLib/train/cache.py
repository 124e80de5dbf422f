"""Training slices at the network's size, made once and read memory-mapped."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.lib.format import open_memmap

from GastricDiffLib.errors import InputError
from GastricDiffLib.nets.input import InputSpec
from GastricDiffLib.train.batches import Batch, Sample, read_batch

_STEP = 64


class SliceCache:
    """The slices of ``samples``, resized; what an epoch reads in place of the dataset.

    Reading, cropping and resizing cost a quarter of an epoch of a small network. Images are
    kept to 1/65535 of the window, ROI shares to 1/255; the files are as large as the samples at
    that size and live as long as the run, in ``folder``, which is this cache's own.

    Raises:
        InputError: no space, or no right to write.
    """

    def __init__(self, samples: Sequence[Sample], spec: InputSpec, folder: Path) -> None:
        self.folder = folder
        keys = dict.fromkeys((sample.case.pseudonym, sample.k) for sample in samples)
        self._place = {key: index for index, key in enumerate(keys)}
        first = {(sample.case.pseudonym, sample.k): sample for sample in reversed(samples)}
        unique = [first[key] for key in keys]
        shape = (len(unique), spec.size, spec.size)
        # What a killed run left is of no use: it may not be whole.
        self.close()
        try:
            folder.mkdir(parents=True)
            self._images: np.ndarray = open_memmap(folder / "images.npy", "w+", np.uint16, shape)
            self._roi: np.ndarray = open_memmap(folder / "roi.npy", "w+", np.uint8, shape)
            for start in range(0, len(unique), _STEP):
                batch = read_batch(unique[start : start + _STEP], spec)
                stop = start + len(batch.labels)
                self._images[start:stop] = (batch.images[:, 0] * 65535).round().numpy()
                self._roi[start:stop] = (batch.roi[:, 0] * 255).round().numpy()
        except OSError as error:
            self.close()
            raise InputError(
                "cannot keep the training slices", folder, f"{error.strerror}; free some space"
            ) from error

    def batch(self, samples: Sequence[Sample]) -> Batch:
        """As :func:`read_batch`, from the cache."""
        rows = [self._place[sample.case.pseudonym, sample.k] for sample in samples]
        images = torch.from_numpy(self._images[rows].astype(np.float32))
        roi = torch.from_numpy(self._roi[rows].astype(np.float32))
        return Batch(
            images[:, None].div_(65535),
            roi[:, None].div_(255),
            torch.tensor([sample.case.label for sample in samples]),
            torch.tensor([sample.copy > 0 for sample in samples]),
        )

    def close(self) -> None:
        """Remove the files."""
        # Windows keeps a mapped file: let go of the arrays first.
        self._images = self._roi = np.zeros(0)
        shutil.rmtree(self.folder, ignore_errors=True)
