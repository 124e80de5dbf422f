"""A classification of the session's case, after those of other sessions."""

from __future__ import annotations

from pathlib import Path

from GastricDiffLib.app.classify import ClassifyLogic, ClassifyRequest
from GastricDiffLib.app.open_case import OpenCase
from GastricDiffLib.app.progress import percent, progress_line
from GastricDiffLib.app.runner import JobOutcome
from GastricDiffLib.ct import BoxROI
from GastricDiffLib.errors import InputError
from GastricDiffLib.viewer.turns import Turn


class Classification:
    """Waits for its turn, then runs; :meth:`poll` must be called now and then."""

    def __init__(self, case: OpenCase, queue: Path, session: str, model: str, device: str) -> None:
        self._case, self._queue, self._session = case, queue, session
        self._model, self._device = model, device
        self._logic = ClassifyLogic()
        self._turn: Turn | None = None

    @property
    def box(self) -> BoxROI | None:
        """Where the box stood when the latest one began."""
        return self._logic.box

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

    def poll(self) -> JobOutcome | None:
        """Its outcome once it has one.

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
            outcome = self._logic.poll()
        except BaseException:
            self._leave()
            raise
        if outcome is not None:
            self._leave()
        return outcome

    def progress(self) -> tuple[str, float]:
        """A line, and the share done in percent, −1 where it is not known."""
        if self._turn is not None and self.waiting:
            ahead = max(self._turn.ahead(), 1)
            others = "another classification" if ahead == 1 else f"{ahead} other classifications"
            return f"Waiting for {others} on this server", -1.0
        return progress_line(self._logic.runner), percent(self._logic.runner)

    def abandon(self) -> None:
        """End at once, as when the server stops."""
        self._logic.abandon()
        self._leave()

    def _begin(self) -> None:
        assert self._turn is not None
        try:
            if self._turn.acquire():
                case, problem = self._case, self._case.facts().problem
                if problem:
                    raise InputError(problem)
                assert case.ct is not None and case.roi is not None
                self._logic.start(
                    ClassifyRequest(case.scene, case.ct, case.roi, self._model, self._device)
                )
        except BaseException:
            self._leave()
            raise

    def _leave(self) -> None:
        if self._turn is not None:
            self._turn.end()
        self._turn = None
