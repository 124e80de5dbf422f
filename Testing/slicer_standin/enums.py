"""The enum values of Slicer's and CTK's widgets, which the tables name without their numbers."""

from __future__ import annotations


def _counted(text: str, start: int = 0) -> dict[str, int]:
    return {key: number for number, key in enumerate(text.split(), start)}


def _flags(text: str) -> dict[str, int]:
    return {key: 1 << bit for bit, key in enumerate(text.split())}


_FILE_OPTIONS = {
    "ShowDirsOnly": 1,
    "DontResolveSymlinks": 2,
    "DontConfirmOverwrite": 4,
    "DontUseSheet": 8,
    "DontUseNativeDialog": 16,
    "ReadOnly": 32,
    "HideNameFilterDetails": 64,
}
_UNITS = _flags("Prefix Suffix Precision MinimumValue MaximumValue Scaling")
_POLICIES = "AdjustToContents AdjustToContentsOnFirstShow AdjustToMinimumContentsLength"

ENUMS: dict[str, dict[str, int]] = {
    "ctkPopupWidget": {
        **_counted("WindowOpacityFadeEffect ScrollEffect FadeEffect"),
        **_counted("TopToBottom BottomToTop", 1),
    },
    "ctkColorPickerButton": {
        "ShowAlphaChannel": 1,
        "NoButtons": 2,
        "DontUseNativeDialog": 4,
        "UseCTKColorDialog": 12,
    },
    "ctkComboBox": _counted("NeverScroll AlwaysScroll ScrollWithFocus ScrollWithNoVScrollBar"),
    "ctkDirectoryButton": _FILE_OPTIONS,
    "ctkDoubleSpinBox": {
        **_counted("SetAlways SetIfDifferent"),
        "FixedDecimals": 0,
        **_flags(
            "DecimalsByShortcuts DecimalsByKey DecimalsByValue InsertDecimals ReplaceDecimals "
            "DecimalsAsMax DecimalsAsMin DecimalPointAlwaysVisible"
        ),
        **_counted("SizeHintByMinMax SizeHintByValue"),
    },
    "ctkPathLineEdit": {
        # As in QDir::Filter.
        **_flags("Dirs Files Drives NoSymLinks Readable Writable Executable Modified Hidden"),
        "System": 0x200,
        "AllDirs": 0x400,
        "CaseSensitive": 0x800,
        "AllEntries": 0x7,
        "NoDotAndDotDot": 0x1000,
        "NoDot": 0x2000,
        "NoDotDot": 0x4000,
        "NoFilter": -1,
        "TypeMask": 0xF,
        "PermissionMask": 0x70,
        "AccessMask": 0x3F0,
        **_FILE_OPTIONS,
        **_counted(_POLICIES),
    },
    "ctkSliderWidget": {"NoSynchronize": 0, "SynchronizeWidth": 1, "SynchronizeDecimals": 2},
    "qMRMLSliderWidget": {**_UNITS, "All": 0x3F},
    "qMRMLSpinBox": _UNITS,
    "qMRMLVolumeThresholdWidget": _counted("Auto Manual Off"),
    "qSlicerMarkupsPlaceWidget": _counted(
        "ShowPlaceMultipleMarkupsOption HidePlaceMultipleMarkupsOption "
        "ForcePlaceSingleMarkup ForcePlaceMultipleMarkups"
    ),
}
"""Class → key → number, read off the headers."""
