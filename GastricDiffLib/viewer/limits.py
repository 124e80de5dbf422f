"""How much an upload may hold, unpack to and cost."""

from __future__ import annotations

import contextlib
import json
import sys
from dataclasses import asdict, dataclass, fields

from GastricDiffLib.errors import InputError

_FILE_OVERHEAD = 1 << 20


@dataclass(frozen=True)
class Limits:
    """Bounds of one upload; sizes are bytes.

    ``upload``: all files as they came; ``files``: how many, those in archives too;
    ``unpacked``: all that comes out of archives; ``ratio``: an archive's content to its own
    size, not asked of the first 64 MiB; ``voxels`` of one volume; ``markups``: one ROI file;
    ``boxes`` in it; ``mrml``: the XML of a scene. ``memory``: 12 bytes a voxel (8 as read,
    2 as HU, 2 while written) and 2 GiB for the libraries; ``seconds`` of CPU time.
    """

    upload: int = (2 << 30) - 1
    files: int = 5_000
    unpacked: int = 4 << 30
    ratio: int = 200
    voxels: int = 1 << 29
    markups: int = 4 << 20
    boxes: int = 50
    mrml: int = 16 << 20
    memory: int = 8 << 30
    seconds: int = 1_800

    @classmethod
    def from_json(cls, text: str) -> Limits:
        """From the object that :meth:`to_json` wrote; what it lacks has its default.

        Raises
        ------
        InputError
            When it is none, names another bound, or one is no positive number.
        """
        try:
            given = json.loads(text)
        except ValueError:
            given = None
        known = {field.name for field in fields(cls)}
        if not isinstance(given, dict) or not all(
            name in known and type(value) is int and value > 0 for name, value in given.items()
        ):
            raise InputError("no limits", text, f"give a JSON object of {', '.join(sorted(known))}")
        return cls(**given)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    def restrict(self) -> None:
        """Bind this whole process for good: memory, CPU time, size of a file, no core dump.

        Windows knows no such bounds; there only the checks of the content hold.
        """
        if sys.platform == "win32":
            return
        import resource

        largest = max(self.unpacked, 2 * self.voxels) + _FILE_OVERHEAD
        for kind, value in (
            (resource.RLIMIT_DATA, self.memory),
            (resource.RLIMIT_FSIZE, largest),
            (resource.RLIMIT_CPU, self.seconds),
            (resource.RLIMIT_CORE, 0),
        ):
            hard = resource.getrlimit(kind)[1]
            bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
            # At the hard bound of time a process is killed without a reason.
            last = hard if kind == resource.RLIMIT_CPU else bound
            # A system that does not know one of them still has the others.
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(kind, (bound, last))
