"""One classification in a process of its own: the scene's case out to files, the result back in."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import slicer

from GastricDiffLib.app.case import frame
from GastricDiffLib.i18n import _
from GastricDiffLib.ct import BoxROI, CTVolume
from GastricDiffLib.ct.axial import input_hu
from GastricDiffLib.ct.io.markups import write_roi
from GastricDiffLib.ct.io.writing import write_nrrd
from GastricDiffLib.ct.volume import as_int16
from GastricDiffLib.errors import InputError
from GastricDiffLib.jobs import Job, JobState
from GastricDiffLib.resources import demo_model
from GastricDiffLib.results.files import read_results
from GastricDiffLib.scene import roi_from_node, show_result
from GastricDiffLib.scene.frames import world_grid


@dataclass(frozen=True)
class Order:
    """What was asked for: nodes of a scene, and where the box stood then."""

    scene: Any
    volume_node: Any
    roi_node: Any
    box: BoxROI

    def missing(self) -> str:
        """What of it has gone from the scene since, empty where all is there."""
        if not self.scene.IsNodePresent(self.volume_node):
            return _("the CT was removed")
        if not self.scene.IsNodePresent(self.roi_node):
            return _("the box was removed")
        return ""

    def moved(self) -> bool:
        try:
            now = roi_from_node(self.roi_node)
        except InputError:
            return True
        return not np.allclose(now.corners_lps(), self.box.corners_lps(), atol=0.01)


@dataclass(frozen=True)
class Ending:
    """How it ended: ``message`` is for the user; ``shown`` says that the scene has the result."""

    message: str
    shown: bool = False
    wrong: bool = False


class ClassifyLogic:
    """Starts, follows and ends one classification at a time.

    :meth:`poll` must be called now and then; it never waits for the process.
    """

    def __init__(self) -> None:
        self.job: Job | None = None
        self._order: Order | None = None
        self._folder: Path | None = None
        self._reason = ""

    @property
    def running(self) -> bool:
        return self.job is not None

    def start(
        self, scene: Any, volume_node: Any, roi_node: Any, model: str, device: str, heat: str
    ) -> None:
        """Classify the CT of a node with the box of another; ``model`` empty for the demo model.

        Raises InputError when either is unfit, or the process cannot be started.
        """
        frame(volume_node)
        self._order = Order(scene, volume_node, roi_node, roi_from_node(roi_node))
        self._reason = ""
        # Of the user alone: it holds the patient's CT until the end.
        self._folder = Path(tempfile.mkdtemp(prefix="gastricdiff-"))
        try:
            write_ct(self._folder / "ct.nrrd", volume_node)
            write_roi(self._folder / "roi.mrk.json", [self._order.box])
            arguments = ["classify", self._folder / "ct.nrrd", "--roi"]
            arguments += [self._folder / "roi.mrk.json", "--model", model or demo_model()]
            arguments += ["--out", self._folder / "result", "--device", device, "--heat", heat]
            self.job = Job.start([*arguments, "--brief"], self._folder / "job", behind=True)
        except BaseException:
            self._tidy()
            raise

    def cancel(self, reason: str = "") -> None:
        """Ask the process to end; the ending says why."""
        if self.job is not None:
            self._reason = self._reason or reason
            self.job.cancel()

    def poll(self) -> Ending | None:
        """Look at the process; its ending once it has one."""
        if self.job is None or self._order is None:
            return None
        self.job.poll()
        if self.job.state is JobState.RUNNING:
            missing = self._order.missing()
            if missing and not self._reason:
                self.cancel(missing)
            return None
        try:
            return self._ending(self.job, self._order)
        finally:
            self._tidy()

    def abandon(self) -> None:
        """End at once and forget it, as when Slicer closes."""
        if self.job is not None:
            self.job.cancel()
            self.job.wait(10)
        self._tidy()

    def _ending(self, job: Job, order: Order) -> Ending:
        reason = self._reason or order.missing()
        if job.state is JobState.CANCELLED or reason:
            told = _("Cancelled: {reason}.").format(reason=reason) if reason else _("Cancelled.")
            return Ending(told)
        if job.state is JobState.FAILED:
            return Ending(job.error or _("The classification failed; see the log."), wrong=True)
        assert self._folder is not None
        result = read_results(self._folder / "result")
        show_result(order.scene, order.volume_node, order.roi_node, result)
        if order.moved():
            return Ending(_("The box was changed meanwhile; this is the old one's result."), True)
        notes = " ".join(f"{note}." for note in result.notes if note not in result.model.name)
        done = _("{slices} slices classified in {seconds} s on {device}.").format(
            slices=len(result.p), seconds=f"{result.seconds:.1f}", device=result.device
        )
        return Ending(f"{done} {notes}".strip().replace("..", "."), True)

    def _tidy(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self.job = self._order = self._folder = None


def write_ct(path: Path, volume_node: Any) -> None:
    """Write a volume node where it stands in the world, its own voxels wherever a file can.

    Uncompressed: Slicer waits for it.

    Raises
    ------
    InputError
        When it holds NaN, or the file cannot be written.
    """
    array, grid = slicer.util.arrayFromVolume(volume_node), world_grid(volume_node)
    if not grid.sheared:
        write_nrrd(path, as_int16(array), grid, compressed=False)
        return
    # No file format holds sheared axes: such a stack is resampled upright.
    volume = CTVolume.from_array(array, grid.ijk_to_lps)
    write_nrrd(path, np.ascontiguousarray(input_hu(volume)), volume.grid, compressed=False)
