"""The one exception that a user is meant to read."""

from __future__ import annotations


class InputError(ValueError):
    """The input or the call is at fault, not the program.

    The message is one line that states what is wrong, where, and how to correct it;
    the command line prints it behind ``error:`` and exits with 2, the Slicer
    module shows it as it is.
    """

    def __init__(self, what: str, where: object = "", hint: str = "") -> None:
        parts = [" ".join(str(part).split()) for part in (what, where, hint)]
        self.what, self.where, self.hint = parts
        message = parts[0]
        if parts[1]:
            message = f"{message}: {parts[1]}"
        if parts[2]:
            message = f"{message} ({parts[2]})"
        super().__init__(message)


class ReportedElsewhere(InputError):
    """An error of another of several processes working as one: that one shows it to the user."""


class Cancelled(Exception):
    """The user asked long work to stop; nothing half-written is left behind."""
