"""``python -m GastricDiffLib`` is ``gastricdiff``, and what jobs run."""

import sys

from GastricDiffLib.cli.main import main
from GastricDiffLib.jobs.child import attended

if __name__ == "__main__":
    sys.exit(attended(main))
