"""Cases between the scene and the cohort's files, and the export of the cohort."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from GastricDiffLib.app.case import ct_without_voxels
from GastricDiffLib.app.classify import write_ct
from GastricDiffLib.app.cohort_table import ROI_SUFFIX, CohortCase, CohortTable
from GastricDiffLib.app.runner import JobOutcome, JobRunner, Runner
from GastricDiffLib.cohort.output import INDEX, MARK
from GastricDiffLib.ct import read_roi, read_volume
from GastricDiffLib.ct.axial import input_hu
from GastricDiffLib.ct.io.markups import write_roi
from GastricDiffLib.ct.roi import require_overlap
from GastricDiffLib.errors import InputError
from GastricDiffLib.i18n import _
from GastricDiffLib.jobs import JobState
from GastricDiffLib.scene import add_roi, add_volume, roi_from_node
from GastricDiffLib.scene.mrml import MRMLScene, ROINode, VolumeNode

_SKIPPED = re.compile(r"row (\d+), case .*?: (.*)", re.DOTALL)


def add_from_scene(
    table: CohortTable, volume_node: VolumeNode | None, roi_node: ROINode | None, label: str
) -> CohortCase:
    """Copy a CT and its box beside the cohort file and add them as a case; saves the table.

    The files bear the case's name, not the node's, which may be the patient's.

    Raises
    ------
    InputError
        When the two do not go together or cannot be written.
    """
    if volume_node is None:
        raise InputError("no CT", hint="choose a CT first")
    box = roi_from_node(roi_node)
    require_overlap(ct_without_voxels(volume_node), [box])
    folder, name = table.path.absolute().parent / "cases", table.free_id()
    while (folder / f"{name}.nrrd").exists():
        name += "a"
    image, roi = folder / f"{name}.nrrd", folder / f"{name}{ROI_SUFFIX}"
    write_ct(image, volume_node)
    write_roi(roi, [box])
    case = CohortCase(name, image.resolve(), roi.resolve(), label)
    table.add(case)
    table.save()
    return case


def open_in_scene(scene: MRMLScene, case: CohortCase) -> tuple[VolumeNode, ROINode]:
    """Load a case's CT and box; (volume node, ROI node of its first box).

    Raises
    ------
    InputError
        When either cannot be read.
    """
    volume, boxes = read_volume(case.image), read_roi(case.roi)
    volume_node = add_volume(scene, input_hu(volume), volume.grid, case.case_id)
    nodes = [add_roi(scene, box, f"{case.case_id} ROI") for box in boxes]
    return volume_node, nodes[0]


class ExportLogic:
    """The export of a cohort in a process of its own."""

    def __init__(self, runner: Runner | None = None) -> None:
        self.runner: Runner = JobRunner() if runner is None else runner
        self._table: CohortTable | None = None

    @property
    def running(self) -> bool:
        return self.runner.running

    def start(self, table: CohortTable, out: Path | str) -> None:
        """Export, or go on with what an earlier export left in ``out``.

        Raises
        ------
        InputError
            When a case is not ready or the process cannot be started.
        """
        if not str(out):
            raise InputError("no folder for the dataset", hint="choose a new one")
        table.require_complete()
        table.save()
        # Beside the dataset, which must hold nothing else and may be passed on.
        folder = Path(f"{Path(out).absolute()}.job")
        self.runner.start(["export", table.path, out], folder)
        self._table = table

    def cancel(self) -> None:
        """Ask the process to end; what is done is kept."""
        self.runner.cancel()

    def poll(self) -> JobOutcome | None:
        """Look at the process; its outcome once it has one.

        Then the table has how the export of each case ended, and is saved.
        """
        table, outcome = self._table, self.runner.poll()
        if table is None or outcome is None:
            return None
        self._table = None
        if outcome.state is JobState.CANCELLED:
            kept = _("Export cancelled; what is done is kept, Continue goes on.")
            return replace(outcome, message=kept)
        if not outcome.result:
            failed = _("The export failed; see {log}.").format(log=outcome.log)
            return replace(outcome, message=outcome.error or failed, is_error=True)
        skipped = mark(table, outcome.result)
        table.save()
        done = len(table.cases) - len(skipped)
        if skipped:
            first = table.cases[skipped[0]]
            message = _("{done} cases exported, {skipped} not. {case}: {fault}").format(
                done=done, skipped=len(skipped), case=first.case_id, fault=first.state
            )
            return replace(outcome, message=message, is_error=True)
        return replace(outcome, message=_("{done} cases exported.").format(done=done))


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
