"""A classification of the session's case, after those of other sessions."""

from __future__ import annotations

from pathlib import Path

from GastricDiffLib.app.choices import HEATS
from GastricDiffLib.app.classify import ClassifyLogic, Ending
from GastricDiffLib.app.progress import progress_line
from GastricDiffLib.ct import BoxROI
from GastricDiffLib.errors import InputError
from GastricDiffLib.scene import roi_from_node
from GastricDiffLib.viewer.session.case import Case
from GastricDiffLib.viewer.turns import Turn


class Classification:
    """Waits for its turn, then runs; :meth:`poll` must be called now and then.

    ``box``: where the box stood when the latest one began.
    """

    def __init__(self, case: Case, queue: Path, session: str, model: str, device: str) -> None:
        self._case, self._queue, self._session = case, queue, session
        self._model, self._device = model, device
        self._logic = ClassifyLogic()
        self._turn: Turn | None = None
        self.box: BoxROI | None = None

    @property
    def waiting(self) -> bool:
        return self._turn is not None and not self._logic.running

    @property
    def running(self) -> bool:
        return self._logic.running

    def start(self) -> None:
        """Take a place in the queue.

        Raises
        ------
        InputError
            When the case is not complete.
        """
        if self._turn is not None:
            return
        problem = self._case.facts().problem
        if problem:
            raise InputError(problem)
        self._turn = Turn(self._queue, self._session)
        self._begin()

    def cancel(self, reason: str = "") -> bool:
        """Whether it is over at once, as it is for one that still waits."""
        if self.waiting:
            self._leave()
            return True
        self._logic.cancel(reason)
        return False

    def poll(self) -> Ending | None:
        """Its ending once it has one.

        Raises
        ------
        InputError
            When it cannot be started.
        """
        if self._turn is None:
            return None
        if not self._logic.running:
            self._begin()
            return None
        try:
            ending = self._logic.poll()
        except BaseException:
            self._leave()
            raise
        if ending is not None:
            self._leave()
        return ending

    def progress(self) -> tuple[str, float]:
        """A line, and the share done in percent, −1 where it is not known."""
        if self._turn is not None and self.waiting:
            ahead = max(self._turn.ahead(), 1)
            others = "another classification" if ahead == 1 else f"{ahead} other classifications"
            return f"Waiting for {others} on this server", -1.0
        job = self._logic.job
        if job is None:
            return "", -1.0
        done, total, _message = job.progress or (0, 0, "")
        return progress_line(job), 100.0 * done / total if total else -1.0

    def abandon(self) -> None:
        """End at once, as when the server stops."""
        self._logic.abandon()
        self._leave()

    def _begin(self) -> None:
        assert self._turn is not None
        try:
            if self._turn.acquire():
                ct, roi = self._case.ct, self._case.roi
                problem = self._case.facts().problem
                if problem:
                    raise InputError(problem)
                self.box = roi_from_node(roi)
                scene = self._case.scene
                self._logic.start(scene, ct, roi, self._model, self._device, HEATS[0])
        except BaseException:
            self._leave()
            raise

    def _leave(self) -> None:
        if self._turn is not None:
            self._turn.end()
        self._turn = None
