"""The growing file of a job's events, read from where the last reading ended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_MARK = b'{"event": '


class EventFile:
    """``events.jsonl``; text of libraries in between is not an event and goes to ``log``.

    ``log``: None where another reader has moved that text there already.
    """

    def __init__(self, path: Path, log: Path | None) -> None:
        self._path, self._log, self._offset = path, log, 0

    def read(self, ended: bool = False) -> list[dict[str, Any]]:
        """The events written since; an unfinished last line waits, unless its writer ended."""
        try:
            with open(self._path, "rb") as file:
                file.seek(self._offset)
                text = file.read()
        except OSError:
            return []
        if not ended:
            text = text[: text.rfind(b"\n") + 1]
        self._offset += len(text)
        events, foreign = [], b""
        for line in text.splitlines(keepends=True):
            # A library may leave its line open, and an event follows on the same.
            before, mark, after = line.partition(_MARK)
            try:
                events.append(json.loads(mark + after))
                foreign += before + b"\n" * bool(before)
            except ValueError:
                foreign += line
        if foreign and self._log is not None:
            with open(self._log, "ab") as log:
                log.write(foreign)
        return events
