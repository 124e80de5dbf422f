"""What went wrong where Qt swallows it: in callbacks. PythonQt prints it; here a test must fail."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from typing import Any

_faults: list[BaseException] = []


def note(error: BaseException) -> None:
    """Keep an error that nobody up the stack can catch, and print it as PythonQt does."""
    _faults.append(error)
    traceback.print_exception(error, file=sys.stderr)


def take() -> list[BaseException]:
    """The errors kept since the last call."""
    found = list(_faults)
    _faults.clear()
    return found


def guarded(callback: Callable[..., Any], *args: Any) -> Any:
    """The callback's result; None and a note when it raises."""
    try:
        return callback(*args)
    except Exception as error:
        note(error)
        return None
