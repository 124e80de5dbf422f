"""One classification in a process of its own: the scene's case out to files, the result back in."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import slicer

from GastricDiffLib.app.boxes import same_place
from GastricDiffLib.app.case import ct_without_voxels
from GastricDiffLib.app.runner import JobOutcome, JobRunner, Runner
from GastricDiffLib.ct import BoxROI, CTVolume
from GastricDiffLib.ct.axial import input_hu
from GastricDiffLib.ct.io.markups import write_roi
from GastricDiffLib.ct.io.writing import write_nrrd
from GastricDiffLib.ct.volume import as_int16
from GastricDiffLib.i18n import _
from GastricDiffLib.jobs import JobState
from GastricDiffLib.resources import demo_model
from GastricDiffLib.results.files import read_results
from GastricDiffLib.scene import roi_from_node, show_result
from GastricDiffLib.scene.frames import world_grid
from GastricDiffLib.scene.mrml import MRMLScene, ROINode, VolumeNode


@dataclass(frozen=True)
class ClassifyRequest:
    """What is to be classified: nodes of a scene, and by what.

    Attributes
    ----------
    scene, volume_node, roi_node
        The CT and the box; the result is shown in this scene.
    model
        Path of the model file; empty for the demo model.
    device, heat
        As ``--device`` and ``--heat`` on the command line.
    """

    scene: MRMLScene
    volume_node: VolumeNode
    roi_node: ROINode
    model: str = ""
    device: str = "auto"
    heat: str = "attention"

    def missing(self) -> str:
        """What has been removed from the scene since, empty where nothing was."""
        if not self.scene.IsNodePresent(self.volume_node):
            return _("the CT was removed")
        if not self.scene.IsNodePresent(self.roi_node):
            return _("the box was removed")
        return ""

    def write(self, folder: Path, box: BoxROI, ct: Path) -> list[object]:
        """Write the box into a folder; the arguments of ``gastricdiff`` that classify the CT."""
        write_roi(folder / "roi.mrk.json", [box])
        return [
            *("classify", ct, "--roi", folder / "roi.mrk.json"),
            *("--model", self.model or demo_model(), "--out", folder / "result"),
            *("--device", self.device, "--heat", self.heat, "--brief"),
        ]


class ClassifyLogic:
    """Starts, follows and ends one classification at a time.

    :meth:`poll` must be called now and then; it never waits for the process. ``box``: where the
    box stood when the latest one began.
    """

    def __init__(self, runner: Runner | None = None) -> None:
        self.runner: Runner = JobRunner() if runner is None else runner
        self.box: BoxROI | None = None
        self._request: ClassifyRequest | None = None
        self._folder = Path()
        self._reason = ""
        self._ct = CTFile()

    @property
    def running(self) -> bool:
        return self.runner.running

    def start(self, request: ClassifyRequest) -> None:
        """Begin.

        Raises
        ------
        InputError
            When CT or box are unfit, or the process cannot be started.
        """
        ct_without_voxels(request.volume_node)
        self.box = roi_from_node(request.roi_node)
        self._reason = ""
        # Of the user alone: it holds the patient's CT until the end.
        self._folder = Path(tempfile.mkdtemp(prefix="gastricdiff-"))
        try:
            if self.runner.stays:
                ct = self._ct.path(request.volume_node)
            else:
                ct = self._folder / "ct.nrrd"
                write_ct(ct, request.volume_node)
            arguments = request.write(self._folder, self.box, ct)
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        self.runner.start(arguments, self._folder / "job", temporary=[self._folder])
        self._request = request

    def cancel(self, reason: str = "") -> None:
        """Ask the process to end; the outcome's message gives the reason."""
        if self.running:
            self._reason = self._reason or reason
            self.runner.cancel()

    def poll(self) -> JobOutcome | None:
        """Look at the process; its outcome once it has one: done, the scene has the result.

        Raises
        ------
        InputError
            When the result cannot be read, or does not fit the CT.
        """
        request = self._request
        if request is None:
            return None
        outcome = self.runner.poll()
        if outcome is None:
            missing = request.missing() if self.running else ""
            if missing and not self._reason:
                self.cancel(missing)
            return None
        try:
            return self._conclude(outcome, request)
        finally:
            self.runner.tidy()
            self._request = None

    def abandon(self) -> None:
        """End at once and forget it, as when Slicer closes."""
        self.runner.abandon()
        self._request = None
        self._ct.remove()

    def forget_ct(self) -> None:
        """Remove the file of the CT, as when its scene closes."""
        if not self.running:
            self._ct.remove()

    def _conclude(self, outcome: JobOutcome, request: ClassifyRequest) -> JobOutcome:
        reason = self._reason or request.missing()
        if outcome.state is JobState.CANCELLED or reason:
            message = _("Cancelled: {reason}.").format(reason=reason) if reason else _("Cancelled.")
            return replace(outcome, state=JobState.CANCELLED, message=message, is_error=False)
        if outcome.state is JobState.FAILED:
            failed = _("The classification failed; see {log}.").format(log=outcome.log)
            return replace(outcome, message=outcome.message or failed)
        result = read_results(self._folder / "result")
        show_result(request.scene, request.volume_node, request.roi_node, result)
        if not same_place(request.roi_node, self.box):
            changed = _("The box was changed meanwhile; this is the old one's result.")
            return replace(outcome, message=changed)
        notes = " ".join(f"{note}." for note in result.notes if note not in result.model.name)
        done = _("{slices} slices classified in {seconds} s on {device}.").format(
            slices=len(result.p), seconds=f"{result.seconds:.1f}", device=result.device
        )
        return replace(outcome, message=f"{done} {notes}".strip().replace("..", "."))


class CTFile:
    """A CT of the scene as a file for a process that stays: written once, while it is the same.

    In a folder of the user's own, which :meth:`remove` takes away.
    """

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._key: tuple[object, ...] = ()

    def path(self, volume_node: VolumeNode) -> Path:
        """The file of this node, written anew where its voxels or its place are other ones.

        Raises
        ------
        InputError
            As :func:`write_ct`.
        """
        image, grid = volume_node.GetImageData(), world_grid(volume_node)
        assert image is not None  # or the node is no CT, which is found out before
        scalars = image.GetPointData().GetScalars()
        times = image.GetMTime(), scalars.GetMTime() if scalars is not None else 0
        key = (volume_node.GetID(), *times, grid.ijk_to_lps.tobytes())
        if self._folder is None or key != self._key:
            self.remove()
            self._folder = Path(tempfile.mkdtemp(prefix="gastricdiff-ct-"))
            try:
                write_ct(self._folder / "ct.nrrd", volume_node)
            except BaseException:
                self.remove()
                raise
            self._key = key
        return self._folder / "ct.nrrd"

    def remove(self) -> None:
        """Take the file away."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder, self._key = None, ()


def write_ct(path: Path, volume_node: VolumeNode) -> None:
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
