"""DICOM series to order, for the tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk


def write_series(folder: Path, hu: np.ndarray, *, names=None, positions=None, **tags) -> None:
    """One DICOM file a slice. ``positions`` are S coordinates or LPS points."""
    folder.mkdir(parents=True, exist_ok=True)
    number = str(tags.get("number", 4))
    places = [20 + 2.0 * k for k in range(len(hu))] if positions is None else positions
    for k, (plane, place) in enumerate(zip(hu, places, strict=True)):
        point = np.array((-30.0, -40.0, place) if np.isscalar(place) else place)
        image = sitk.GetImageFromArray(plane[None])
        image.SetSpacing((0.8, 0.7, 2.0))
        values = {
            "0008|0060": tags.get("modality", "CT"),
            "0008|0008": tags.get("kind", "ORIGINAL\\PRIMARY\\AXIAL"),
            "0008|103e": tags.get("description", "ABDOMEN"),
            "0010|0010": "Doe^Jane",
            "0020|000d": "9.8.7",
            "0020|000e": tags.get("uid", f"9.8.7.{number}"),
            "0020|0011": number,
            "0020|0032": "\\".join(f"{value:.6f}" for value in point),
            "0020|0037": tags.get("orientation", "1\\0\\0\\0\\1\\0"),
            "0028|1052": "-1024",
            "0028|1053": "1",
        }
        if "instance" in tags:
            values["0008|0018"] = f"9.8.7.{number}.{tags['instance']}.{k}"
        for key, value in values.items():
            image.SetMetaData(key, value)
        writer = sitk.ImageFileWriter()
        writer.KeepOriginalImageUIDOn()
        # The writer knows the format by the suffix; hospitals' files often have none.
        writer.SetFileName(str(folder / "new.dcm"))
        writer.Execute(image)
        (folder / "new.dcm").rename(folder / (names[k] if names else f"{number}-{k:03}.dcm"))
