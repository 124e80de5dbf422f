"""CTK's field for a path."""

from __future__ import annotations

from PySide6 import QtWidgets

from slicer_standin import dialogs
from slicer_standin.generated import Parts, standin


@standin
class ctkPathLineEdit(Parts, QtWidgets.QWidget):
    """A combo box to type a path in and a button that opens a file dialog."""

    def _set_up(self) -> None:
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self._box = QtWidgets.QComboBox()
        self._box.setEditable(True)
        self._box.setSizePolicy(QtWidgets.QSizePolicy.Expanding, QtWidgets.QSizePolicy.Fixed)
        self._box.setMinimumContentsLength(10)
        self._browse = QtWidgets.QToolButton()
        self._browse.setText("...")
        row.addWidget(self._box)
        row.addWidget(self._browse)
        self._values.update(showBrowseButton=True, showHistoryButton=True, currentPath="")
        shown = self.AllEntries | self.NoDotAndDotDot | self.Readable | self.Executable
        self._values.update(filters=shown, sizeAdjustPolicy=self.AdjustToMinimumContentsLength)
        self._browse.clicked.connect(self.browse)
        self._box.editTextChanged.connect(self._typed)

    def _typed(self, text: str) -> None:
        if text != self._values["currentPath"]:
            self._values["currentPath"] = text
            self.currentPathChanged.emit(text)
            self.validInputChanged.emit(bool(text))

    def _set_currentPath(self, path: str) -> None:
        self._box.setEditText(path)

    def _set_showBrowseButton(self, visible: bool) -> None:
        self._values["showBrowseButton"] = visible
        self._browse.setVisible(visible)

    def comboBox(self) -> QtWidgets.QComboBox:
        return self._box

    def browse(self) -> None:
        """Ask for a folder, a new file or an existing one, by the filters."""
        filters = self.filters
        if not filters & self.Files:
            kind = "getExistingDirectory"
        elif filters & self.Writable:
            kind = "getSaveFileName"
        else:
            kind = "getOpenFileName"
        path = dialogs.file_dialog(kind, self.currentPath)
        if path:
            self.currentPath = path

    def addCurrentPathToHistory(self) -> None:
        """Nothing that a test can see: the history lives in the settings of Slicer."""

    def retrieveHistory(self) -> None:
        """See ``addCurrentPathToHistory``."""


@standin
class ctkDirectoryButton(Parts, QtWidgets.QWidget):
    """A button that shows a folder and asks for another."""

    def _set_up(self) -> None:
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self._button = QtWidgets.QPushButton()
        row.addWidget(self._button)
        self._values["directory"] = ""
        self._button.clicked.connect(self.browse)

    def _set_directory(self, path: str) -> None:
        self.directorySelected.emit(path)
        if path != self._values["directory"]:
            self._values["directory"] = path
            self._button.setText(path)
            self.directoryChanged.emit(path)

    def browse(self) -> None:
        path = dialogs.file_dialog("getExistingDirectory", self.directory)
        if path:
            self.directory = path
