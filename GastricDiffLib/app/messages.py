"""What the panel tells its user: one line, never a traceback."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from GastricDiffLib.i18n import _
from GastricDiffLib.errors import InputError
from GastricDiffLib.log import log_exception


class Messages:
    """The message line. ``show(text, wrong)`` puts a line there; ``wrong``: it is an error."""

    def __init__(self, show: Callable[[str, bool], None]) -> None:
        self._show = show

    def say(self, text: str) -> None:
        self._show(text, False)

    def complain(self, text: str) -> None:
        self._show(text, True)

    def clear(self) -> None:
        self._show("", False)

    def guarded(self, handler: Callable[..., Any], passing: bool = False) -> Callable[..., None]:
        """The handler as a slot that never raises.

        An ``InputError`` becomes the message line; anything else goes to the log, and the
        line says so. A signal's arguments reach the handler where ``passing`` is set.
        """

        def slot(*arguments: Any) -> None:
            try:
                handler(*(arguments if passing else ()))
            except InputError as error:
                self.complain(str(error))
            except Exception as error:
                self.unexpected(error)

        return slot

    def unexpected(self, error: BaseException) -> None:
        """Keep the traceback of the exception being handled in the log, and say where."""
        log = log_exception("unexpected error in the Slicer module")
        where = _("details are in {path}").format(path=log) if log else _("no log can be written")
        self.complain(
            _("Unexpected {kind}: {where}").format(kind=type(error).__name__, where=where)
        )
