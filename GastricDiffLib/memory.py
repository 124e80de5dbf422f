"""How the C library's allocator treats a network's memory; nothing happens where it is not glibc.

A pass takes and frees the same few hundred MiB again and again. By default glibc returns most of
it to the system every time: the page faults that follow cost a tenth of the time of a pass.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any

# Of glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_MOST_KEPT = 1 << 30
_OWN_MAPPING = 64 << 20
"""Bytes from which a block is taken from the system by itself, and returned when it is freed:
more than an activation of 16 slices has, less than a CT."""


def keep_memory() -> None:
    """Let freed memory stay with this process until ``give_back_memory``.

    For a process whose work is classifying; it holds for the whole process.
    """
    set_option = _of_glibc("mallopt")
    if set_option is not None:
        set_option(_MMAP_THRESHOLD, _OWN_MAPPING)
        set_option(_TRIM_THRESHOLD, _MOST_KEPT)


def give_back_memory() -> None:
    """Return what is free within the process; a network's activations leave 200 MiB of it."""
    trim = _of_glibc("malloc_trim")
    if trim is not None:
        trim(0)


def _of_glibc(name: str) -> Any:
    # musl has neither function; macOS and Windows have other allocators.
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
