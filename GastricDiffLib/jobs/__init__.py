"""Long work in a process of its own: started, polled, cancelled, found again. No Qt, no torch."""

from .interpreter import interpreter
from .job import Job, JobState

__all__ = ["Job", "JobState", "interpreter"]
