"""The formats of volume files, each one line here and one file beside this one.

A new format is a file that defines its :class:`VolumeFormat`, and its name in ``FORMATS``:
reading, uploads, scene bundles, the cohort's fingerprints, messages and lists follow.
"""

from __future__ import annotations

from pathlib import Path

from GastricDiffLib.ct.io.metaimage import METAIMAGE
from GastricDiffLib.ct.io.nifti import NIFTI
from GastricDiffLib.ct.io.nrrd import NRRD
from GastricDiffLib.ct.io.volume_format import VolumeFormat

FORMATS: tuple[VolumeFormat, ...] = (NRRD, NIFTI, METAIMAGE)

SINGLE_FILE_SUFFIXES = tuple(suffix for one in FORMATS for suffix in one.suffixes)
"""Of volume files that are complete in themselves: all that can be uploaded."""

SUFFIXES = tuple(suffix for one in FORMATS for suffix in (*one.suffixes, *one.header_suffixes))
"""Of all volume files that can be read."""

HEAD_BYTES = 1 << 16
"""So much of a file's beginning :func:`by_content` needs."""


def by_name(path: Path) -> tuple[VolumeFormat, str] | None:
    """The format and the suffix that a file's name claims; None if it claims none of ours.

    Examples
    --------
    >>> from pathlib import Path
    >>> from GastricDiffLib.ct.io.formats import by_name
    >>> found = by_name(Path("CT.NII.GZ"))
    >>> found[0].name, found[1]
    ('NIfTI', '.nii.gz')
    """
    name = path.name.lower()
    for one in FORMATS:
        for suffix in (*one.suffixes, *one.header_suffixes):
            if name.endswith(suffix):
                return one, suffix
    return None


def by_content(head: bytes) -> tuple[VolumeFormat, str] | None:
    """The format of a file that begins with ``head``, and the suffix that it should have."""
    for one in FORMATS:
        if suffix := one.recognise(head):
            return one, suffix
    return None
