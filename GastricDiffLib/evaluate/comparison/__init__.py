"""Several systems by one protocol: trained, judged on the same cases, tabled and reported."""

from GastricDiffLib.evaluate.comparison.plan import Plan, Run
from GastricDiffLib.evaluate.comparison.run import Outcome, compare

__all__ = ["Outcome", "Plan", "Run", "compare"]
