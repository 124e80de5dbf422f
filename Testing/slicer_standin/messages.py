"""Qt's own messages: to the log, without those that the off-screen plug-in repeats."""

from __future__ import annotations

import logging

from PySide6 import QtCore

_NOISE = ("This plugin does not support propagateSizeHints()",)
_LEVELS = {
    QtCore.QtMsgType.QtDebugMsg: logging.DEBUG,
    QtCore.QtMsgType.QtInfoMsg: logging.INFO,
}


def apply() -> None:
    """From now on Qt's messages go through ``logging``, as the logger ``qt``."""

    def handle(kind: QtCore.QtMsgType, context: object, text: str) -> None:
        if text not in _NOISE:
            logging.getLogger("qt").log(_LEVELS.get(kind, logging.WARNING), "%s", text)

    QtCore.qInstallMessageHandler(handle)
