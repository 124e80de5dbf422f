"""The Slicer module's panels: widgets over what :mod:`GastricDiffLib.app` does.

The only package that imports qt. ``panel`` puts the sections together; each section is a panel,
which reads and fills its widgets and relays clicks. Nothing here imports torch: what needs it
runs in a process of its own.
"""
