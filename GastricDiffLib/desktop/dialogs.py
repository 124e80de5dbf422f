"""Dialogs, and what stays on this computer, by Qt."""

from __future__ import annotations

from collections.abc import Sequence

import qt  # type: ignore[import-not-found]
import slicer

from GastricDiffLib.i18n import _


class QtDialogs:
    """File dialogs over Slicer's main window."""

    def open_file(self, title: str, kinds: str) -> str:
        return str(qt.QFileDialog.getOpenFileName(slicer.util.mainWindow(), title, "", kinds))

    def folder(self, title: str) -> str:
        return str(qt.QFileDialog.getExistingDirectory(slicer.util.mainWindow(), title, ""))


def agree(text: str, details: str) -> bool:
    """Ask for consent; ``details`` are unfolded on demand."""
    title = _("GastricDiff: Python packages")
    return bool(slicer.util.confirmOkCancelDisplay(text, title, detailedText=details))


class QtSettings:
    """Slicer's settings of this user; lists of texts by name."""

    def texts(self, name: str) -> list[str]:
        value = qt.QSettings().value(name)
        if not value:
            return []
        # A list of one comes back as the text alone.
        return [value] if isinstance(value, str) else [str(text) for text in value]

    def keep(self, name: str, texts: Sequence[str]) -> None:
        qt.QSettings().setValue(name, list(texts))
