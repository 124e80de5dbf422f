"""Gastric tumour differentiation from CT: library behind the Slicer module and the command line.

Importing this package costs milliseconds; each package (``ct``, ``nets``, ``inference``,
``scene`` …) loads its heavy libraries when it is first imported.
"""

__version__ = "0.1.0"

CLASSES = ("undifferentiated", "differentiated")
"""Names of label 0 and 1; the second is the positive class."""

RESEARCH_USE = "Research use only. Not a medical device, not for diagnosis."
