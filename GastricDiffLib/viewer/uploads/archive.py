"""Zip archives and scene bundles, unpacked within bounds and under names of our own."""

from __future__ import annotations

import errno
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from GastricDiffLib.errors import InputError
from GastricDiffLib.files import size_text
from GastricDiffLib.viewer.limits import Limits
from GastricDiffLib.viewer.uploads.names import folded, safe_parts

_CHUNK = 1 << 20
_UNJUDGED = 64 << 20
"""Bytes that an archive may unpack to however small it is."""
_DIRECTORY_ENTRY = 1024
_TAIL = 22 + 65_535
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, struct.error)

_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)


class Budget:
    """What an upload has taken so far of its limits: files, and bytes out of archives."""

    def __init__(self, limits: Limits) -> None:
        self.limits, self.files, self.bytes = limits, 0, 0

    def take_files(self, count: int) -> None:
        self.files += count
        if self.files > self.limits.files:
            raise InputError(
                "too many files in the upload",
                f"more than {self.limits.files:,}",
                "upload the series to be classified alone",
            )

    def take_bytes(self, count: int) -> None:
        self.bytes += count
        self.require(0)

    def require(self, more: int) -> None:
        """Raise InputError unless so many bytes more would still be within the bound."""
        if self.bytes + more > self.limits.unpacked:
            raise InputError(
                "the archive unpacks to too much",
                f"more than {size_text(self.limits.unpacked)}",
                "upload the series to be classified alone",
            )


@dataclass(frozen=True)
class Entry:
    """One file of an archive: its place in the list, its name's parts, its record."""

    number: int
    parts: tuple[str, ...]
    info: zipfile.ZipInfo


class Archive:
    """An open archive all of whose names and records have been checked."""

    def __init__(self, bundle: zipfile.ZipFile, size: int, budget: Budget) -> None:
        self._bundle, self._size, self._budget = bundle, size, budget
        self._unpacked = 0
        self.entries = list(_entries(bundle))
        budget.take_files(len(self.entries))

    def require_small(self, entries: list[Entry]) -> None:
        """Refuse by the sizes in the records, before a byte of these entries is unpacked."""
        stated = sum(entry.info.file_size for entry in entries)
        self._budget.require(stated)
        self._require_ratio(stated)

    def unpack(self, entry: Entry, path: Path) -> None:
        """Write an entry to ``path``, which must not exist, counting what really comes out.

        Raises
        ------
        InputError
            When the archive is damaged or a bound is reached.
        """
        try:
            with self._bundle.open(entry.info) as packed, path.open("xb") as out:
                while chunk := packed.read(_CHUNK):
                    self._unpacked += len(chunk)
                    self._budget.take_bytes(len(chunk))
                    self._require_ratio(self._unpacked)
                    out.write(chunk)
        except InputError:
            raise
        except _DAMAGED as error:
            raise _damaged(f"at entry {entry.number}") from error
        except OSError as error:
            if error.errno not in _FULL:  # a record that points before the file's beginning
                raise _damaged(f"at entry {entry.number}") from error
            raise InputError(
                "the upload cannot be unpacked", error.strerror or "", "the server's disk is full"
            ) from error

    def _require_ratio(self, unpacked: int) -> None:
        if unpacked > max(self._budget.limits.ratio * self._size, _UNJUDGED):
            raise InputError(
                "the archive unpacks to far more than a CT can",
                f"more than {self._budget.limits.ratio} times its own size",
                "pack the files of the CT alone",
            )


@contextmanager
def opened(path: Path, budget: Budget) -> Iterator[Archive]:
    """An archive to unpack.

    Raises
    ------
    InputError
        When it is damaged or too large to list, or when an entry is encrypted, a link or device,
        packed in an unusual way, there twice, or has a name that ``names.safe_parts`` refuses.
    """
    _require_short_directory(path, budget.limits)
    try:
        bundle = zipfile.ZipFile(path)
    except (*_DAMAGED, OSError, NotImplementedError) as error:
        raise _damaged() from error
    with bundle:
        yield Archive(bundle, path.stat().st_size, budget)


def _entries(bundle: zipfile.ZipFile) -> Iterator[Entry]:
    seen = set()
    for number, info in enumerate(bundle.infolist(), start=1):
        where = f"entry {number}"
        # As it stands in the file: zipfile cuts at a NUL and converts other systems' separators.
        parts = safe_parts(info.orig_filename, where)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if info.flag_bits & 0x1:
            raise InputError("the archive is encrypted", where, "pack it without a password")
        if kind == stat.S_IFLNK:
            raise InputError("the archive holds a link", where, "pack the files themselves")
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise InputError("the archive holds a device", where, "pack plain files only")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise InputError(
                "the archive is packed in an unusual way", where, "pack it as a plain .zip"
            )
        if info.is_dir() or not parts:
            continue
        name = folded(parts)
        if name in seen:
            raise InputError(
                "the archive holds two files of one name", where, "pack each file once"
            )
        seen.add(name)
        yield Entry(number, parts, info)


def _require_short_directory(path: Path, limits: Limits) -> None:
    """The list of entries is read into memory at once, before any can be counted."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL - 76))
        tail = file.read()
    end = tail.rfind(b"PK\5\6")
    if end < 0 or len(tail) < end + 22:
        raise _damaged()
    (length,) = struct.unpack_from("<I", tail, end + 12)
    if tail[max(0, end - 20) : end].startswith(b"PK\6\7"):
        if end < 76 or tail[end - 76 : end - 72] != b"PK\6\6":
            raise _damaged()
        (length,) = struct.unpack_from("<Q", tail, end - 76 + 40)
    if length > (limits.files + 64) * _DIRECTORY_ENTRY:
        raise InputError(
            "too many files in the archive",
            f"more than {limits.files:,}",
            "upload the series to be classified alone",
        )


def _damaged(where: str = "") -> InputError:
    return InputError("the archive is damaged or truncated", where, "pack and upload it again")
