"""Synthetic abdomens with a lesion in the stomach wall, whose looks alone carry the label."""

from .case import DEFAULT_DIFFICULTY, PhantomCase, make_case
from .cohort import plan_cohort, write_cohort

__all__ = ["DEFAULT_DIFFICULTY", "PhantomCase", "make_case", "plan_cohort", "write_cohort"]
