"""A model file's own description, read without torch and without its weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from GastricDiffLib.errors import InputError

FORMAT_VERSION = 1
KEY = "gastricdiff"
AGAIN = "train or download it again"
NEWER = "update GastricDiff"
_LONGEST_HEADER = 100_000_000
"""Bytes; the limit of the safetensors format itself."""


def read_metadata(path: Path | str) -> dict[str, Any]:
    """The JSON of a model file's ``gastricdiff`` key.

    Only the header is read, so that a model's card can be shown where neither torch nor
    safetensors is installed yet.

    Raises
    ------
    InputError
        Missing, not a model file, truncated, or of another version.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError("no such model file", path, "name a .safetensors file")
    text = (_header(path).get("__metadata__") or {}).get(KEY)
    if text is None:
        raise InputError(
            "not a GastricDiff model: it has no metadata", path, "train one with gastricdiff train"
        )
    try:
        metadata: dict[str, Any] = json.loads(text)
        version = metadata["format_version"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("the model file's metadata is damaged", path, AGAIN) from error
    if version != FORMAT_VERSION:
        raise InputError(
            f"model file of format version {version}, not {FORMAT_VERSION}", path, NEWER
        )
    return metadata


def _header(path: Path) -> dict[str, Any]:
    """The JSON that opens a safetensors file: eight bytes of its length, then itself."""
    try:
        size = path.stat().st_size
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(size - 8, _LONGEST_HEADER):
                raise ValueError("no header")
            header: dict[str, Any] = json.loads(file.read(length))
        ends = [entry["data_offsets"][1] for key, entry in header.items() if key != "__metadata__"]
        if 8 + length + max(ends, default=0) != size:
            raise ValueError("not as long as in its header")
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise not_whole(path) from error
    return header


def not_whole(path: Path) -> InputError:
    """The error for a file that is no safetensors file, or a part of one."""
    return InputError(
        "not a whole .safetensors file", path, "pickled or truncated files are never read"
    )
