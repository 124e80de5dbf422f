"""Strings in the user's language where Slicer's translation is there."""

from __future__ import annotations

try:
    from slicer.i18n import tr as _
except ImportError:  # slicer-core has no translations

    def _(text: str) -> str:
        return text


__all__ = ["_"]
