"""Pseudonyms: keyed hashes, and the key file that alone leads back from them."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from GastricDiffLib.ct.io.formats import by_name
from GastricDiffLib.errors import InputError

KEY_BYTES = 32
_HINT = "name the file that an earlier export made, or a new one"


def default_key(out: Path) -> Path:
    """Where the key of the dataset ``out`` lies by default: beside it."""
    return out.with_name(out.name + ".key")


def read_key(path: Path) -> bytes:
    """The key in ``path``.

    Raises
    ------
    InputError
        Not a key file, or not readable.
    """
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except OSError as error:
        raise InputError("the key file cannot be read", path, error.strerror or "") from error
    except ValueError as error:
        raise InputError("not a key file", path, _HINT) from error
    if len(key) != KEY_BYTES:
        raise InputError("not a key file", path, _HINT)
    return key


def create_key(path: Path) -> bytes:
    """A new random key, written to ``path`` for the owner's eyes only (mode 0600)."""
    key = secrets.token_bytes(KEY_BYTES)
    # Under a fixed name first: whoever is killed here leaves no half key and no second one.
    beside = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(key.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise InputError("the key file cannot be written", path, error.strerror or "") from error
    return key


def pseudonym(key: bytes, kind: str, identity: str) -> str:
    """16 hex digits of HMAC-SHA256 (RFC 2104): the same for the same key, kind and identity.

    Examples
    --------
    >>> pseudonym(bytes(32), "case", "c1") == pseudonym(bytes(32), "patient", "c1")
    False
    """
    return hmac.new(key, f"{kind}:{identity}".encode(), hashlib.sha256).hexdigest()[:16]


def fingerprint(key: bytes, settings: str, *sources: Path) -> str:
    """Keyed hash of settings and the content of files and folders, whatever they are called.

    It changes with the source; nobody without the key can test a guess against it.
    """
    mac = hmac.new(key, settings.encode(), hashlib.sha256)
    for source in sources:
        for path in _files(source):
            mac.update(path.stat().st_size.to_bytes(8, "big"))
            with open(path, "rb") as file:
                while block := file.read(1 << 20):
                    mac.update(block)
    return mac.hexdigest()


def _files(source: Path) -> list[Path]:
    if source.is_dir():
        return sorted(path for path in source.rglob("*") if path.is_file())
    found = by_name(source)
    if found is None or found[1] not in found[0].header_suffixes:
        return [source]
    # A header alone. Looking for what else has its stem would read the whole folder for every
    # case in it.
    with contextlib.suppress(InputError):
        if named := found[0].voxel_file(source):
            return sorted({source, named})
    return sorted(path for path in source.parent.iterdir() if path.stem == source.stem)
