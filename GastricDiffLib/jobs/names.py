"""What the two sides of a job, the starter and the process itself, call things."""

from __future__ import annotations

JOB_FILE, EVENTS_FILE, LOG_FILE = "job.json", "events.jsonl", "log.txt"
CANCEL_FILE = "cancel"
"""In the job's folder: the process is asked to end."""

FOLDER_VARIABLE, DETACHED_VARIABLE = "GASTRICDIFF_JOB", "GASTRICDIFF_JOB_DETACHED"
BEHIND_VARIABLE = "GASTRICDIFF_JOB_BEHIND"
"""Environment that a job's process, and no other, is started with."""

BEGIN, END = "begin", "end"
"""Events between the process and its starter: ``pid`` and ``started``; ``exit_code``."""

EXIT_CANCELLED = 130
ASKING, ORPHANED = 20.0, 5.0
"""Seconds that a cancelled process, or one whose starter has ended, has to end by itself and to
tidy up; then it ends itself and its children by force. On a busy machine tidying takes a while,
but an orphan must not hold a GPU."""

KILLING = 22.0
"""Seconds until the starter ends it from outside, should it have been deaf to that."""
