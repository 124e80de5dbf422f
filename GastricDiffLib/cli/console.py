"""What a command reports while it runs: a progress bar for people, JSON lines for programs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tqdm import tqdm

# tqdm, an eighth of a start's time, is imported where a bar is shown; Slicer's own process,
# which shows none, may lack it.


class Console:
    """Progress and results of one command.

    With ``events`` every line on stdout is a JSON object with the key ``event``:
    ``progress`` (``done``, ``total``, ``message``), ``result``, ``note`` or ``error``.
    Otherwise results are lines of text on stdout; a bar stands on stderr if it is a terminal.
    ``muted``: silent but for errors, since another of several processes reports the rest.
    """

    def __init__(self, events: bool = False) -> None:
        self.events = events
        self.muted = False
        self._bar: tqdm | None = None

    def progress(self, done: int, total: int, message: str = "") -> None:
        """Work done so far; the signature that every long function calls back with."""
        if self.muted:
            return
        if self.events:
            self._emit("progress", done=done, total=total, message=message)
            return
        if self._bar is None or self._bar.total != total:
            from tqdm import tqdm

            self.end_progress()
            self._bar = tqdm(total=total, disable=None, leave=False, file=sys.stderr)
        self._bar.set_description_str(message, refresh=False)
        self._bar.update(done - self._bar.n)
        if done >= total:
            self.end_progress()

    def end_progress(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def note(self, text: str) -> None:
        """Something that the user must know, not an error."""
        if self.muted:
            return
        if self.events:
            self._emit("note", message=text)
        else:
            self.end_progress()
            print(f"note: {text}", file=sys.stderr)

    def log(self, text: str) -> None:
        """How far long work of many parts has come; a line each, above the bar."""
        if self.muted:
            return
        if self.events:
            self._emit("note", message=text)
        else:
            from tqdm import tqdm

            tqdm.write(text, file=sys.stderr)

    def result(self, **values: Any) -> None:
        """What the command made: names and values, one a line."""
        self.end_progress()
        if self.muted:
            return
        if self.events:
            self._emit("result", **{k: _plain(v) for k, v in values.items()})
            return
        wide = max(len(name) for name in values)
        for name, value in values.items():
            print(f"{name.replace('_', ' '):<{wide}}  {value}")

    def error(self, text: str) -> None:
        """What ended the command; also on stderr with ``events``."""
        self.end_progress()
        if self.events:
            self._emit("error", message=text)
        print(f"error: {text}", file=sys.stderr)

    @staticmethod
    def _emit(event: str, **values: Any) -> None:
        print(json.dumps({"event": event} | values), flush=True)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value
