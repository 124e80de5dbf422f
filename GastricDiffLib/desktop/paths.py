"""Paths in the panel's widgets."""

from __future__ import annotations

from typing import Any


def show_path(edit: Any, path: str) -> None:
    """Show a path in a ctkPathLineEdit, unless it stands there: the user may be typing."""
    if edit.currentPath != path:
        edit.currentPath = path
