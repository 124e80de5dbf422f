"""``python -m GastricDiffLib`` is ``gastricdiff``."""

import sys

from GastricDiffLib.cli import main

if __name__ == "__main__":
    sys.exit(main())
