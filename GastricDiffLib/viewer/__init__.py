"""The browser viewer: the classification of job 1 without an installed Slicer."""
