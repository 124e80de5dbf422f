"""Uploaded files turned into files that this library wrote, or into one clear line.

Nothing that comes out holds a name, an id, a date or a byte of an uploaded file as it was.
``receive_upload`` reads hostile files with readers written in C++: run it in a process of its own,
as ``gastricdiff receive`` (a job), which also bounds what that process may take. One that
crashed leaves a hidden folder beside its output: give it a folder that is deleted as a whole.
"""

from __future__ import annotations

from GastricDiffLib.viewer.limits import Limits
from GastricDiffLib.viewer.uploads.failure import failure_message
from GastricDiffLib.viewer.uploads.receive import UploadOutcome, receive_upload
from GastricDiffLib.viewer.uploads.upload import UPLOAD_FILE, write_upload

__all__ = [
    "UPLOAD_FILE",
    "Limits",
    "UploadOutcome",
    "failure_message",
    "receive_upload",
    "write_upload",
]
