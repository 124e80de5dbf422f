"""A job object of Windows, which psutil does not know: children that end with their parent."""

from __future__ import annotations

import ctypes
import sys
from ctypes import byref, c_int, c_int64, c_size_t, c_uint32, c_uint64, c_void_p, sizeof
from typing import Any

_EXTENDED_LIMIT_INFORMATION, _KILL_ON_JOB_CLOSE = 9, 0x2000


class ExtendedLimits(ctypes.Structure):
    """``JOBOBJECT_EXTENDED_LIMIT_INFORMATION``; most of it stays 0."""

    _fields_ = (
        ("process_time", c_int64),
        ("job_time", c_int64),
        ("flags", c_uint32),
        ("minimum_working_set", c_size_t),
        ("maximum_working_set", c_size_t),
        ("active_processes", c_uint32),
        ("affinity", c_size_t),
        ("priority_class", c_uint32),
        ("scheduling_class", c_uint32),
        ("io_counters", c_uint64 * 6),
        ("memory", c_size_t * 4),
    )


if sys.platform == "win32":
    _kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    _handle = c_void_p
    # Result, arguments; without them a handle would be cut to 32 bits.
    _types: dict[str, tuple[Any, ...]] = {
        "GetCurrentProcess": (_handle,),
        "CreateJobObjectW": (_handle, c_void_p, c_void_p),
        "SetInformationJobObject": (c_int, _handle, c_int, c_void_p, c_uint32),
        "AssignProcessToJobObject": (c_int, _handle, _handle),
    }
    for _name, (_result, *_arguments) in _types.items():
        _function = getattr(_kernel, _name)
        _function.restype, _function.argtypes = _result, _arguments

    def end_children_with_this_process() -> None:
        """However this process ends: its children, and theirs, end with it.

        The system closes a dead process's handles, and with the last handle of this job
        object ends all in it.
        """
        job = _kernel.CreateJobObjectW(None, None)
        limits = ExtendedLimits(flags=_KILL_ON_JOB_CLOSE)
        _kernel.SetInformationJobObject(
            job, _EXTENDED_LIMIT_INFORMATION, byref(limits), sizeof(limits)
        )
        _kernel.AssignProcessToJobObject(job, _kernel.GetCurrentProcess())
