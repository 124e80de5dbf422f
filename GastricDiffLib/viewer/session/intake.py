"""Uploaded files on their way into the scene: checked and rewritten by a process of its own."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from GastricDiffLib.app.progress import progress_line
from GastricDiffLib.errors import InputError
from GastricDiffLib.jobs import Job, JobState
from GastricDiffLib.viewer.session.case import Case
from GastricDiffLib.viewer.uploads import failure_message
from GastricDiffLib.viewer.uploads.receive import CT_FILE, OUTCOME_FILE, ROI_FILE, SCENE_FILE


@dataclass(frozen=True)
class Opened:
    """Files that the intake wrote, gone once they are in the scene."""

    folder: Path

    def into(self, case: Case) -> None:
        """Raises InputError when they do not make a case; then the scene is as it was."""
        told = json.loads((self.folder / OUTCOME_FILE).read_text(encoding="utf-8"))
        ct, roi, scene = (self._there(name) for name in (CT_FILE, ROI_FILE, SCENE_FILE))
        try:
            if scene is not None:
                case.open_scene(scene)
            else:
                case.open_files(ct, roi)
            case.notes = tuple(dict.fromkeys((*told["notes"], *case.notes)))
        finally:
            shutil.rmtree(self.folder.parent, ignore_errors=True)

    def _there(self, name: str) -> Path | None:
        path = self.folder / name
        return path if path.is_file() else None


class Intake:
    """One upload at a time; :meth:`poll` must be called now and then."""

    def __init__(self, folder: Path) -> None:
        self._root = folder / "intake"
        self._job: Job | None = None
        self._upload: Path | None = None

    @property
    def running(self) -> bool:
        return self._job is not None

    def start(self, upload: Path) -> None:
        """Raises InputError when one runs already, or none can be started."""
        if self._job is not None:
            raise InputError("other files are being opened", hint="wait for that first")
        shutil.rmtree(self._root, ignore_errors=True)
        self._root.mkdir(mode=0o700)
        self._upload = upload
        try:
            arguments = ["receive", upload, "--out", self._root / "out"]
            self._job = Job.start(arguments, self._root / "job")
        except BaseException:
            self._tidy()
            raise

    def progress(self) -> tuple[str, float]:
        """A line, and the share done in percent, −1 where it is not known."""
        if self._job is None or self._job.progress is None:
            return "Opening…", -1.0
        done, total, _message = self._job.progress
        return progress_line(self._job), 100.0 * done / total if total else -1.0

    def poll(self) -> Opened | None:
        """What was opened, once.

        Raises
        ------
        InputError
            When the files were refused.
        """
        if self._job is None:
            return None
        self._job.poll()
        if self._job.state is JobState.RUNNING:
            return None
        job, told = self._job, failure_message(self._job)
        self._tidy()
        if job.state is not JobState.DONE:
            shutil.rmtree(self._root, ignore_errors=True)
            raise InputError(told)
        return Opened(self._root / "out")

    def abandon(self) -> None:
        """End at once, as when the server stops."""
        if self._job is not None:
            self._job.cancel()
            self._job.wait(5)
        self._tidy()

    def _tidy(self) -> None:
        """The upload itself is a patient's: gone as soon as nobody reads it."""
        if self._upload is not None:
            shutil.rmtree(self._upload, ignore_errors=True)
        self._job = self._upload = None
