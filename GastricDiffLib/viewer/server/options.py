"""The options of ``gastricdiff view``, checked before anything is started."""

from __future__ import annotations

import ipaddress
import os
import ssl
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from GastricDiffLib.errors import InputError

_DEVICES = ("auto", "cpu", "cuda", "mps")
_NEEDED = ("aiohttp", "slicer", "LayerDMLib", "trame_slicer")


@dataclass(frozen=True)
class Options:
    """``idle`` in seconds; ``port`` 0: any free one; ``host``: a name or an address."""

    ct: Path | None = None
    roi: Path | None = None
    model: Path | None = None
    device: str = "auto"
    host: str = "127.0.0.1"
    port: int = 0
    token: bool = False
    sessions: int = 4
    idle: float = 900.0
    certificate: Path | None = None
    key: Path | None = None

    @property
    def loopback(self) -> bool:
        return is_loopback(self.host)

    def checked(self) -> Options:
        """The same with absolute paths.

        Raises
        ------
        InputError
            The extra ``viewer`` is not installed, a file is missing or not of its kind, or the
            device is unknown.
        """
        if missing := [name for name in _NEEDED if find_spec(name) is None]:
            raise InputError(
                "the viewer is not installed",
                f"no {', '.join(missing)}",
                'pip install "GastricDiffLib[viewer]"',
            )
        if self.device not in _DEVICES:
            raise InputError(
                f"unknown device {self.device!r}", hint=f"choose one of {', '.join(_DEVICES)}"
            )
        if self.ct is not None:
            _check_ct(self.ct)
        if self.roi is not None:
            _check_roi(self.roi, self.ct)
        if self.model is not None:
            from GastricDiffLib.inference.metadata import read_metadata

            read_metadata(self.model)
        paths = {name: getattr(self, name) for name in ("ct", "roi", "model")}
        return replace(self, **{name: path and path.absolute() for name, path in paths.items()})

    def tls(self) -> ssl.SSLContext | None:
        """Of ``--certificate``; InputError where it and its key are no pair."""
        if self.certificate is None:
            if self.key is not None:
                raise InputError("a key without its certificate", self.key, "add --certificate")
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        try:
            # A key behind a password would be asked for on the terminal.
            context.load_cert_chain(self.certificate, self.key, password="")
        except (OSError, ValueError) as error:
            raise InputError(
                "not a certificate with its key", self.certificate, "give PEM files, --key's open"
            ) from error
        return context


def is_loopback(host: str) -> bool:
    """Whether an address or a name can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _check_ct(path: Path) -> None:
    """That it is there and of a kind to be read; its voxels are read by the session."""
    from GastricDiffLib.ct.io.formats import SUFFIXES, by_name

    if not path.exists():
        raise InputError("no such file or folder", path)
    if not os.access(path, os.R_OK):
        raise InputError("the CT cannot be read", path, "give yourself the right to read it")
    if path.is_dir():
        if not any(names for _, _, names in os.walk(path)):
            raise InputError("the folder is empty", path, "give the folder of a CT series")
    elif by_name(path) is None:
        kinds = ", ".join(SUFFIXES)
        raise InputError(
            "not a CT that can be read", path, f"give a DICOM folder or a file of {kinds}"
        )


def _check_roi(path: Path, ct: Path | None) -> None:
    from GastricDiffLib.ct.io.markups import read_roi

    if ct is None:
        raise InputError("a box without its CT", path, "name the CT as well")
    read_roi(path)
