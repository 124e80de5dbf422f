"""Uploaded files on their way into the scene: checked and rewritten by a process of its own."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from GastricDiffLib.app.open_case import OpenCase
from GastricDiffLib.app.progress import percent, progress_line
from GastricDiffLib.app.runner import JobRunner, Runner
from GastricDiffLib.errors import InputError
from GastricDiffLib.jobs import JobState
from GastricDiffLib.viewer.uploads import failure_message
from GastricDiffLib.viewer.uploads.receive import CT_FILE, OUTCOME_FILE, ROI_FILE, SCENE_FILE


@dataclass(frozen=True)
class Opened:
    """The files that an upload became, gone once they are in the scene."""

    folder: Path

    def into(self, case: OpenCase) -> None:
        """Open them in the place of what the case held.

        Raises
        ------
        InputError
            When they do not make a case; then the scene is as it was.
        """
        record = json.loads((self.folder / OUTCOME_FILE).read_text(encoding="utf-8"))
        ct, roi, scene = (self._there(name) for name in (CT_FILE, ROI_FILE, SCENE_FILE))
        try:
            if scene is not None:
                case.open_scene(scene)
            else:
                case.open_files(ct, roi)
            case.notes = tuple(dict.fromkeys((*record["notes"], *case.notes)))
        finally:
            shutil.rmtree(self.folder.parent, ignore_errors=True)

    def _there(self, name: str) -> Path | None:
        path = self.folder / name
        return path if path.is_file() else None


class SessionUpload:
    """One upload at a time; :meth:`poll` must be called now and then."""

    def __init__(self, folder: Path, runner: Runner | None = None) -> None:
        self._root = folder / "opening"
        self._runner: Runner = JobRunner() if runner is None else runner

    @property
    def running(self) -> bool:
        return self._runner.running

    def start(self, upload: Path) -> None:
        """Begin to read an upload, which is removed at the end.

        Raises
        ------
        InputError
            When one runs already, or none can be started.
        """
        if self.running:
            raise InputError("other files are being opened", hint="wait for that first")
        shutil.rmtree(self._root, ignore_errors=True)
        self._root.mkdir(mode=0o700)
        arguments = ["receive", upload, "--out", self._root / "out"]
        # The upload itself is a patient's: gone as soon as nobody reads it.
        self._runner.start(arguments, self._root / "job", behind=False, temporary=[upload])

    def progress(self) -> tuple[str, float]:
        """A line, and the share done in percent, −1 where it is not known."""
        if self._runner.progress is None:
            return "Opening…", -1.0
        return progress_line(self._runner), percent(self._runner)

    def poll(self) -> Opened | None:
        """What was opened, once.

        Raises
        ------
        InputError
            When the files were refused.
        """
        outcome = self._runner.poll()
        if outcome is None:
            return None
        self._runner.tidy()
        if outcome.state is not JobState.DONE:
            shutil.rmtree(self._root, ignore_errors=True)
            raise InputError(failure_message(outcome))
        return Opened(self._root / "out")

    def abandon(self) -> None:
        """End at once, as when the server stops."""
        self._runner.abandon(5)
