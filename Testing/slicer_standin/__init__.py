"""3D Slicer's desktop without its executable, for tests: see README.md beside this file."""

import os
import sys

assert "PySide6" not in sys.modules, "the stand-in must be imported before PySide6"
# No screen is needed.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# As in PythonQt, an enum value is an int: Qt.Unchecked is false, Qt.Checked == 2.
sys.pyside6_option_python_enum = 0x02

from slicer_standin.desktop import Desktop, open_module, slicer_desktop  # noqa: E402
from slicer_standin.picture import grab  # noqa: E402
from slicer_standin.ui_check import check_ui  # noqa: E402

__all__ = ["Desktop", "check_ui", "grab", "open_module", "slicer_desktop"]
