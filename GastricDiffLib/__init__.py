"""Gastric tumour differentiation from CT: library behind the Slicer module and the command line.

Importing this package costs milliseconds; each room (``ct``, ``nets``, ``classify``,
``scene`` …) loads its heavy libraries when it is first imported.
"""

__version__ = "0.1.0"

RESEARCH_USE = "Research use only. Not a medical device, not for diagnosis."
