"""The configuration of a session's process: ``config.json`` in the session's own folder."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

CONFIG_FILE, PORT_FILE = "config.json", "port"
SECRET_HEADER = "X-GastricDiff-Secret"
"""Every request to a session's process carries its secret in it."""

_PATHS = ("folder", "queue", "ct", "roi", "model")


@dataclass(frozen=True)
class Config:
    """A session. Paths are absolute.

    ``folder``: its own, named as the session is and removed at its end; ``queue``: one for all
    sessions of the server, where they take turns; ``secret``: of the requests and of wslink;
    ``ct``, ``roi``, ``model``: what to open with, None for the phantom, no box and the demo
    model.
    """

    folder: Path
    queue: Path
    secret: str = field(repr=False)
    ct: Path | None = None
    roi: Path | None = None
    model: Path | None = None
    device: str = "auto"

    def write(self) -> Path:
        """Write ``folder/config.json``, readable for its owner alone; its path."""
        path = self.folder / CONFIG_FILE
        values = {name: _plain(value) for name, value in asdict(self).items()}
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(values, file, indent=1)
        return path

    @classmethod
    def read(cls, path: Path | str) -> Config:
        """The configuration that :meth:`write` wrote; fields it does not know are passed over."""
        values = json.loads(Path(path).read_text(encoding="utf-8"))
        known = {one.name: values[one.name] for one in fields(cls) if one.name in values}
        for name in _PATHS:
            if known.get(name) is not None:
                known[name] = Path(known[name])
        return cls(**known)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value
