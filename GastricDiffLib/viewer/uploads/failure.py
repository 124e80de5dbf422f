"""What the person who uploaded reads when reading the upload ended without a result."""

from __future__ import annotations

import signal
from typing import Protocol

from GastricDiffLib.errors import InputError
from GastricDiffLib.jobs import JobState

_REFUSED = 2
_AGAIN = "export the CT again, or save it as .nrrd in Slicer"


class EndedJob(Protocol):
    """What is known of a job: a :class:`~GastricDiffLib.jobs.Job`, or an outcome of one."""

    @property
    def state(self) -> JobState: ...
    @property
    def exit_code(self) -> int | None: ...
    @property
    def error(self) -> str | None: ...


def failure_message(job: EndedJob) -> str:
    """One line for a job of ``gastricdiff receive`` that failed or was cancelled; else empty.

    Refusals are shown as they are. A crash, a kill by the limits, or a fault of the program is
    described without paths of this machine; what else is known stays in the job's log.
    """
    if job.state in (JobState.RUNNING, JobState.DONE):
        return ""
    if job.state is JobState.CANCELLED:
        return "cancelled"
    code = job.exit_code
    if code == _REFUSED and job.error:
        return job.error
    if code is not None and code == -getattr(signal, "SIGXCPU", 0):
        return str(InputError("reading the upload takes too long", hint=_AGAIN))
    if code is not None and code in (-signal.SIGABRT, -getattr(signal, "SIGKILL", 0)):
        return str(InputError("reading the upload ran out of memory or broke off", hint=_AGAIN))
    if code is None or code < 0 or code > 255:
        return str(InputError("the upload made its reader crash", "it is damaged", _AGAIN))
    return str(
        InputError(
            "the upload could not be read, by a fault of this program or for want of memory",
            hint="the log on the server has more; try the CT as .nrrd",
        )
    )
