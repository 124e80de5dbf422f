"""Files that come with the project: beside the library in a checkout and inside Slicer."""

from __future__ import annotations

from pathlib import Path

from GastricDiffLib.errors import InputError

DEMO_MODEL = "phantom-only-demo.safetensors"


def resources() -> Path:
    """The folder ``Resources``.

    In the source tree and in an installed Slicer extension it stands beside
    ``GastricDiffLib``; a wheel carries it inside the package.
    """
    package = Path(__file__).resolve().parent
    for folder in (package.parent / "Resources", package / "Resources"):
        if (folder / "Models").is_dir():
            return folder
    raise InputError("the folder Resources is missing", package, "install GastricDiff again")


def demo_model() -> Path:
    """The bundled model; it was trained on phantoms and knows nothing else."""
    return resources() / "Models" / DEMO_MODEL
