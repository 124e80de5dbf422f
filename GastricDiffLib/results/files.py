"""The files that classifying a case leaves in its output folder."""

from __future__ import annotations

import csv
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import SimpleITK as sitk

from GastricDiffLib.ct import BoxROI, CTVolume
from GastricDiffLib.ct.grid import Grid
from GastricDiffLib.ct.io.writing import write_nrrd
from GastricDiffLib.errors import InputError
from GastricDiffLib.results.case_result import CaseResult
from GastricDiffLib.results.tables import case_table, result_from_tables, slice_table

SLICES, CASE, HEAT, OVERVIEW, SCENE = RESULT_FILES = (
    "slices.csv",
    "case.json",
    "heat.nrrd",
    "overview.png",
    "scene.mrb",
)

WriteScene = Callable[[Path, CTVolume, Sequence[BoxROI], CaseResult, Path], None]
"""Writes a scene to the first path and its heat, which it has packed already, to the second."""


def prepare_output(out_dir: str | Path) -> None:
    """Check that results can be written to ``out_dir``, before any work; leaves no trace.

    The folder need not exist.

    Raises
    ------
    InputError
        When a file stands in the way or the folder, or the one it would be made in, cannot be
        written.
    """
    out_dir = Path(out_dir).absolute()
    standing = next(path for path in (out_dir, *out_dir.parents) if os.path.lexists(path))
    if not standing.is_dir():
        raise InputError("a file stands where the output folder should go", standing, _ELSEWHERE)
    for name in RESULT_FILES:
        if (out_dir / name).is_dir():
            raise InputError("a folder stands where a result goes", out_dir / name, _ELSEWHERE)
    try:
        Path(tempfile.mkdtemp(prefix=_PREFIX, dir=standing)).rmdir()
    except OSError as error:
        raise _unwritable(out_dir, error) from error


def write_results(
    out_dir: str | Path,
    volume: CTVolume,
    boxes: Sequence[BoxROI],
    result: CaseResult,
    write_scene: WriteScene | None = None,
    brief: bool = False,
) -> list[Path]:
    """Write ``slices.csv``, ``case.json``, ``heat.nrrd``, ``overview.png`` and ``scene.mrb``.

    All are finished in a hidden folder first, so that a failure leaves the earlier results as
    they were. An earlier picture or scene that is not written anew would show another result and
    is removed; other files in ``out_dir`` stay.

    Parameters
    ----------
    out_dir
        Made where it does not exist.
    volume, boxes
        What was classified.
    result
        Of that volume and those boxes.
    write_scene
        Without it there is no scene.
    brief
        Leave picture and scene out and the heat uncompressed, for a program that reads the rest
        at once.

    Returns
    -------
    list[Path]
        The files written.

    Raises
    ------
    InputError
        When the folder cannot be written.
    """
    prepare_output(out_dir)
    out_dir = Path(out_dir).absolute()
    made = next((path for path in (*out_dir.parents[::-1], out_dir) if not path.exists()), None)
    beside: Path | None = None
    try:
        out_dir.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=out_dir))
        write_slices(beside / SLICES, result)
        write_case(beside / CASE, result)
        if not brief:
            # Brings matplotlib in, which a reader of results can do without.
            from GastricDiffLib.results.overview import write_overview

            write_overview(beside / OVERVIEW, volume, boxes, result)
        if write_scene is not None and not brief:
            write_scene(beside / SCENE, volume, boxes, result, beside / HEAT)
        else:
            write_nrrd(beside / HEAT, result.heat, result.grid, not brief)
        for name in RESULT_FILES:
            if (beside / name).exists():
                (beside / name).replace(out_dir / name)
            else:
                (out_dir / name).unlink(missing_ok=True)
        made = None
    except OSError as error:
        raise _unwritable(out_dir, error) from error
    finally:
        if beside is not None:
            shutil.rmtree(beside, ignore_errors=True)
        if made is not None:
            shutil.rmtree(made, ignore_errors=True)
    return [out_dir / name for name in RESULT_FILES if (out_dir / name).exists()]


def read_results(out_dir: str | Path) -> CaseResult:
    """Read the result whose files :func:`write_results` left in a folder.

    Probabilities come back to six decimals; of the model's card what ``case.json`` holds.

    Raises
    ------
    InputError
        When a file is missing or damaged, or they do not fit each other.
    """
    out_dir = Path(out_dir)
    try:
        case = json.loads((out_dir / CASE).read_text(encoding="utf-8"))
        with open(out_dir / SLICES, newline="", encoding="utf-8") as file:
            header, *rows = csv.reader(file)
        columns = dict(zip(header, zip(*rows, strict=True), strict=True))
        image = sitk.ReadImage(str(out_dir / HEAT), sitk.sitkFloat32)
        heat = sitk.GetArrayFromImage(image)
        return result_from_tables(case, columns, heat, Grid.from_sitk(image))
    except FileNotFoundError as error:
        raise InputError("a file of the result is missing", error.filename, _RERUN) from error
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise InputError("the result's files cannot be read", out_dir, _RERUN) from error


def write_slices(path: Path, result: CaseResult) -> None:
    """One row for each classified slice, columns as in ``slice_table``."""
    columns = slice_table(result)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*(column.tolist() for column in columns.values()), strict=True))


def write_case(path: Path, result: CaseResult) -> None:
    """The case's vote and how it came about, fields as in ``case_table``."""
    text = json.dumps(case_table(result), indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


_PREFIX = ".gastricdiff-"
_RERUN = "classify again"
_ELSEWHERE = "choose another output folder"


def _unwritable(out_dir: Path, error: OSError) -> InputError:
    return InputError("the output folder cannot be written", out_dir, error.strerror or _ELSEWHERE)
