"""Several systems by one protocol: trained, judged on the same cases, tabled and reported."""

from GastricDiffLib.compare.plan import Plan, Run
from GastricDiffLib.compare.run import Outcome, compare

__all__ = ["Outcome", "Plan", "Run", "compare"]
