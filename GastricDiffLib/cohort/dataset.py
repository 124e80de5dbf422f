"""The exported dataset, read memory-mapped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from GastricDiffLib.errors import InputError

FORMAT_VERSION = 1


@dataclass(frozen=True)
class DatasetCase:
    """One case of a dataset: its arrays stay on disk until slices of it are read.

    ``shape``: (H, W) of a slice in pixels; ``spacing_mm``: (z, y, x); ``covariates``: the
    further columns of ``cohort.csv`` that were carried along, None where a cell was empty.
    """

    pseudonym: str
    patient: str
    label: int
    split: str
    folder: Path
    shape: tuple[int, int]
    n_slices: int
    spacing_mm: tuple[float, float, float] = (1.0, 1.0, 1.0)
    covariates: dict[str, float | str | None] = field(default_factory=dict, compare=False)

    def roi_slices(self) -> npt.NDArray[np.intp]:
        """(N,) axial slices that the ROI cuts."""
        return np.flatnonzero(self._roi()[:, 0] >= 0)

    def rectangles(self) -> npt.NDArray[np.int16]:
        """(N, 4) int16 y0, x0, y1, x1 around the ROI, half-open, of those slices."""
        roi = self._roi()
        return roi[roi[:, 0] >= 0]

    def read(self, slices: npt.NDArray[Any]) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.uint8]]:
        """HU (N, H, W) int16 and ROI mask (N, H, W) uint8 of the axial slices named."""
        hu = self.read_hu(slices)
        if (self.folder / "mask.npy").exists():
            stored = np.load(self.folder / "mask.npy", mmap_mode="r")[slices]
            return hu, stored.astype(np.uint8)
        mask = np.zeros(hu.shape, dtype=np.uint8)
        for one, (y0, x0, y1, x1) in zip(mask, self._roi()[slices], strict=True):
            if y0 >= 0:
                one[y0:y1, x0:x1] = 1
        return hu, mask

    def read_hu(self, slices: npt.NDArray[Any]) -> npt.NDArray[np.int16]:
        """HU (N, H, W) int16 of the axial slices named."""
        # Mapped for this call alone: what a process has mapped counts as its memory.
        hu: npt.NDArray[np.int16] = np.load(self.folder / "slices.npy", mmap_mode="r")[slices]
        return hu

    def _roi(self) -> npt.NDArray[np.int16]:
        roi: npt.NDArray[np.int16] = np.load(self.folder / "roi.npy", mmap_mode="r")
        return roi


@dataclass(frozen=True)
class Dataset:
    """A cohort as ``export_cohort`` wrote it. ``cohort_hash`` names its content."""

    root: Path
    classes: tuple[str, str]
    window: tuple[float, float]
    cases: tuple[DatasetCase, ...]
    cohort_hash: str

    @classmethod
    def open(cls, root: Path | str) -> Dataset:
        """Read ``dataset.json``.

        Raises
        ------
        InputError
            No dataset, one of another version, or one that lacks files.
        """
        root = Path(root)
        path = root / "dataset.json"
        if not path.is_file():
            raise InputError("no dataset here", root, "name a folder that holds a dataset.json")
        try:
            index = json.loads(path.read_text(encoding="utf-8"))
            version = index["format_version"]
            if version != FORMAT_VERSION:
                raise InputError(
                    f"dataset of format version {version}, not {FORMAT_VERSION}",
                    path,
                    "export the cohort again",
                )
            cases = tuple(
                DatasetCase(
                    entry["pseudonym"],
                    entry["patient"],
                    int(entry["label"]),
                    entry["split"],
                    root / entry["pseudonym"],
                    (int(entry["shape"][0]), int(entry["shape"][1])),
                    int(entry["slices"]),
                    _spacing(entry["spacing"]),
                    dict(entry.get("covariates", {})),
                )
                for entry in index["cases"]
            )
            # Arrays and labels, not pseudonyms: the same cohort exported twice is the same.
            content = [[case["sha256"], case["label"], case["split"]] for case in index["cases"]]
            low, high = (float(edge) for edge in index["window"])
            negative, positive = (str(name) for name in index["classes"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError("dataset.json is damaged", path, "export the cohort again") from error
        for case in cases:
            if not (case.folder / "slices.npy").is_file():
                raise InputError("case folder missing", case.folder, "export the cohort again")
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
        return cls(root, (negative, positive), (low, high), cases, digest)

    def split(self, name: str) -> list[DatasetCase]:
        """The cases of ``train``, ``val`` or ``test``, in the dataset's order."""
        return [case for case in self.cases if case.split == name]

    def require_classes(self, cases: Sequence[DatasetCase], what: str) -> None:
        """Raise InputError unless both classes are among the cases; ``what`` names them."""
        lacking = {0, 1} - {case.label for case in cases}
        if lacking:
            names = " and no ".join(self.classes[label] for label in sorted(lacking))
            raise InputError(
                f"no {names} case among the {len(cases)} {what}",
                self.root,
                "add cases, or set the split column of cohort.csv",
            )


def _spacing(steps: list[float]) -> tuple[float, float, float]:
    dz, dy, dx = (float(step) for step in steps)
    return dz, dy, dx
