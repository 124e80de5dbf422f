"""One visitor's session: a scene, its views in the browser, and what can be done there."""

from __future__ import annotations

from GastricDiffLib.errors import InputError
from GastricDiffLib.viewer.config import Config


def run(config: Config) -> None:
    """Serve one session until the process is asked to end.

    Raises
    ------
    InputError
        When a file that the config names cannot be read, or the viewer's packages are missing.
    """
    try:
        from GastricDiffLib.viewer.session.app import ViewerSession
    except ImportError as error:
        raise InputError(
            "the browser viewer is not installed",
            error.name or error,
            'pip install "GastricDiffLib[viewer]"',
        ) from error
    ViewerSession(config).serve()
