"""Which tests pytest-xdist keeps together in one worker, one after the other."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

GROUPS = {
    # Two browsers with their servers at once starve each other on two cores.
    "browser": [
        "test_viewer_page.py",
        "test_viewer_radiologist.py",
        "test_viewer_refusals.py",
        "test_viewer_visitors.py",
    ],
    # Of these files a module's fixture takes long to make.
    "compared": ["test_compare.py"],
    "exported": ["test_export_identity.py"],
    "packaged": ["test_extension_packaging.py"],
    "phantoms": ["test_phantom_label.py"],
    "torchrun": ["test_train_distributed.py"],
}


def group(nodeid: str) -> str:
    """The group of a test by its file; a test of no group is one of its own."""
    file = Path(nodeid.partition("::")[0]).name
    for name, patterns in GROUPS.items():
        if any(fnmatch(file, pattern) for pattern in patterns):
            return name
    return nodeid


class GroupScheduling(LoadScopeScheduling):
    """Gives a worker a group, or a single test; the groups first, by their number of tests."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)
