"""The one line that the user reads: what was done, or what went wrong; never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from GastricDiffLib.app.runner import JobOutcome
from GastricDiffLib.errors import InputError
from GastricDiffLib.i18n import _
from GastricDiffLib.log import log_exception


class Messages:
    """The message line. ``show(text, is_error)`` puts a line there."""

    def __init__(self, show: Callable[[str, bool], None]) -> None:
        self._show = show

    def info(self, text: str) -> None:
        """Show what was done."""
        self._show(text, False)

    def error(self, text: str) -> None:
        """Show what went wrong."""
        self._show(text, True)

    def outcome(self, outcome: JobOutcome) -> None:
        """Show how a job ended."""
        self._show(outcome.message, outcome.is_error)

    def clear(self) -> None:
        """Show nothing."""
        self._show("", False)

    def guarded(self, handler: Callable[..., Any], passing: bool = False) -> Callable[..., None]:
        """The handler as a slot that never raises.

        An ``InputError`` becomes the message line; anything else goes to the log, and the
        line names it. A signal's arguments reach the handler where ``passing`` is set.
        """

        def slot(*arguments: Any) -> None:
            try:
                handler(*(arguments if passing else ()))
            except InputError as error:
                self.error(str(error))
            except Exception as error:
                self.unexpected(error)

        return slot

    def unexpected(self, error: BaseException) -> None:
        """Keep the traceback of the exception being handled in the log; the line names the file."""
        log = log_exception("unexpected error", __name__)
        where = _("details are in {path}").format(path=log) if log else _("no log can be written")
        self.error(_("Unexpected {kind}: {where}").format(kind=type(error).__name__, where=where))
