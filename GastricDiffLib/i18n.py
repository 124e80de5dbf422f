"""Strings in the user's language where Slicer's translation is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:

    def _(text: str) -> str: ...

else:
    try:
        # Not wrapped: it finds a text's context by the file that calls it.
        from slicer.i18n import tr as _
    except ImportError:  # slicer-core has no translations

        def _(text: str) -> str:
            return text


__all__ = ["_"]
