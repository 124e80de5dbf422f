"""``python -m GastricDiffLib`` is ``gastricdiff``, and what jobs run."""

import sys

from GastricDiffLib.threads import wait_passively

if __name__ == "__main__":
    wait_passively()  # before anything can bring torch in
    from GastricDiffLib.cli.main import main
    from GastricDiffLib.jobs.child import attended

    sys.exit(attended(main))
