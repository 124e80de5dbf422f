"""Cases between the scene and the cohort's files, and the export of the cohort."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from GastricDiffLib.app.case import frame
from GastricDiffLib.app.classify import write_ct
from GastricDiffLib.app.cohort_table import ROI_SUFFIX, Case, CohortTable
from GastricDiffLib.i18n import _
from GastricDiffLib.cohort.output import INDEX, MARK
from GastricDiffLib.ct import read_roi, read_volume
from GastricDiffLib.ct.axial import input_hu
from GastricDiffLib.ct.io.markups import write_roi
from GastricDiffLib.ct.roi import require_overlap
from GastricDiffLib.errors import InputError
from GastricDiffLib.jobs import Job, JobState
from GastricDiffLib.scene import add_roi, add_volume, roi_from_node

_SKIPPED = re.compile(r"row (\d+), case .*?: (.*)", re.DOTALL)


def add_from_scene(table: CohortTable, volume_node: Any, roi_node: Any, label: str) -> Case:
    """Copy a CT and its box beside the cohort file and add them as a case; saves the table.

    The files bear the case's name, not the node's, which may be the patient's.

    Raises
    ------
    InputError
        When the two do not go together or cannot be written.
    """
    box = roi_from_node(roi_node)
    require_overlap(frame(volume_node), [box])
    folder, name = table.path.absolute().parent / "cases", table.free_id()
    while (folder / f"{name}.nrrd").exists():
        name += "a"
    image, roi = folder / f"{name}.nrrd", folder / f"{name}{ROI_SUFFIX}"
    write_ct(image, volume_node)
    write_roi(roi, [box])
    case = Case(name, image.resolve(), roi.resolve(), label)
    table.add(case)
    table.save()
    return case


def open_in_scene(scene: Any, case: Case) -> tuple[Any, Any]:
    """Load a case's CT and box; (volume node, ROI node of its first box).

    Raises InputError when either cannot be read.
    """
    volume, boxes = read_volume(case.image), read_roi(case.roi)
    volume_node = add_volume(scene, input_hu(volume), volume.grid, case.case_id)
    nodes = [add_roi(scene, box, f"{case.case_id} ROI") for box in boxes]
    return volume_node, nodes[0]


class ExportLogic:
    """The export of a cohort in a process of its own."""

    def __init__(self) -> None:
        self.job: Job | None = None
        self._table: CohortTable | None = None

    @property
    def running(self) -> bool:
        return self.job is not None

    def start(self, table: CohortTable, out: Path | str) -> None:
        """Export, or go on with what an earlier export left in ``out``.

        Raises InputError when a case is not ready or the process cannot be started.
        """
        if not str(out):
            raise InputError("no folder for the dataset", hint="choose a new one")
        table.require_complete()
        table.save()
        # Beside the dataset, which must hold nothing else and may be passed on.
        folder = Path(f"{Path(out).absolute()}.job")
        self.job = Job.start(["export", table.path, out], folder, behind=True)
        self._table = table

    def cancel(self) -> None:
        if self.job is not None:
            self.job.cancel()

    def poll(self) -> tuple[str, bool] | None:
        """(line, whether something is wrong) once the export has ended."""
        if self.job is None or self._table is None:
            return None
        self.job.poll()
        if self.job.state is JobState.RUNNING:
            return None
        job, table = self.job, self._table
        self.job = self._table = None
        if job.state is JobState.CANCELLED:
            return _("Export cancelled; what is done is kept, Continue goes on."), False
        if job.result is None:
            return job.error or _("The export failed; see {log}.").format(log=job.log), True
        skipped = mark(table, job.result)
        table.save()
        done = len(table.cases) - len(skipped)
        if skipped:
            first = table.cases[skipped[0]]
            return _("{done} cases exported, {skipped} not. {case}: {fault}").format(
                done=done, skipped=len(skipped), case=first.case_id, fault=first.state
            ), True
        return _("{done} cases exported.").format(done=done), False


def mark(table: CohortTable, result: dict[str, Any]) -> list[int]:
    """Write into each case how its export ended; the rows of those that were left out."""
    faults: dict[int, str] = {}
    for name, text in result.items():
        if name.startswith("skipped_") and (found := _SKIPPED.fullmatch(str(text))):
            faults[int(found[1])] = found[2]
    rows = []
    for row, case in enumerate(table.cases):
        fault = faults.get(row + 2)  # the file's first line is its header
        case.state = _("skipped: {fault}").format(fault=fault) if fault else _("exported")
        if fault:
            rows.append(row)
    return rows


def unfinished(out: Path | str) -> bool:
    """Whether an export was begun in that folder and not ended."""
    return bool(str(out)) and (Path(out) / MARK).is_file() and not is_dataset(out)


def is_dataset(path: Path | str) -> bool:
    """Whether the folder holds a finished dataset."""
    try:
        return "cases" in json.loads((Path(path) / INDEX).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
