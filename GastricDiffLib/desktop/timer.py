"""A QTimer that looks after a job."""

from __future__ import annotations

from collections.abc import Callable

import qt  # type: ignore[import-not-found]

from GastricDiffLib.app.messages import Messages

EVERY_MS = 200


class Timer:
    """Calls ``look`` every ``every_ms`` until stopped, or until it fails."""

    def __init__(
        self,
        messages: Messages,
        look: Callable[[], None],
        every_ms: int = EVERY_MS,
        once: bool = False,
    ) -> None:
        self._look = look
        self._timer = qt.QTimer()
        self._timer.setInterval(every_ms)
        self._timer.setSingleShot(once)
        self._timer.timeout.connect(messages.guarded(self._tick))

    def start(self) -> None:
        """Start, or start its time anew."""
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def _tick(self) -> None:
        try:
            self._look()
        except Exception:
            # The same again five times a second helps nobody.
            self._timer.stop()
            raise
