"""Which Python a job runs under."""

from __future__ import annotations

import sys
from pathlib import Path

from GastricDiffLib.errors import InputError


def interpreter() -> Path:
    """Slicer's ``PythonSlicer`` inside Slicer, else the Python that runs this.

    Raises
    ------
    InputError
        There is none: an application with an embedded Python that is not Slicer, or a Slicer that
        lacks it.
    """
    app = getattr(sys.modules.get("slicer"), "app", None)
    home = getattr(app, "slicerHome", None)
    if isinstance(home, str) and home:
        name = "PythonSlicer.exe" if sys.platform == "win32" else "PythonSlicer"
        if (python := Path(home, "bin", name)).is_file():
            return python
    # Inside Slicer it is empty at times, and an embedding application may name itself.
    if sys.executable and (not home or "python" in Path(sys.executable).name.lower()):
        return Path(sys.executable)
    raise InputError(
        "no Python interpreter for a job",
        home or sys.executable,
        "install Slicer again: bin/PythonSlicer is missing"
        if home
        else "name one by the argument python",
    )
