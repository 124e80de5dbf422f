"""Several systems by one protocol: trained, judged on the same cases, tabled and reported."""

from GastricDiffLib.compare.plan import ComparisonPlan, Run
from GastricDiffLib.compare.run import Outcome, compare

__all__ = ["ComparisonPlan", "Outcome", "Run", "compare"]
