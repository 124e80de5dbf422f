"""The cohort as a table that grows case by case, kept in ``cohort.csv``."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from pathlib import Path

from GastricDiffLib import CLASSES
from GastricDiffLib.cohort.manifest import OPTIONAL, REQUIRED, SPLITS
from GastricDiffLib.ct.io.formats import SUFFIXES
from GastricDiffLib.errors import InputError
from GastricDiffLib.files import replacing
from GastricDiffLib.i18n import _

STATE = "state"
ROI_SUFFIX = ".mrk.json"


@dataclass
class CohortCase:
    """A row: absolute paths, ``label`` a class name or empty, ``state`` as of the last export."""

    case_id: str
    image: Path
    roi: Path
    label: str = ""
    patient_id: str = ""
    split: str = ""
    state: str = ""
    extra: dict[str, str] = field(default_factory=dict)

    def problem(self) -> str:
        """Why it cannot be exported yet, empty where it can."""
        if not self.image.exists():
            return _("CT missing")
        if not self.roi.is_file():
            return _("box missing")
        if self.label not in CLASSES:
            return _("no label")
        return ""

    def status(self) -> str:
        """What the table shows of it: what it lacks, else how its export ended, else ready."""
        return self.problem() or self.state or _("ready")


class CohortTable:
    """The cases of one ``cohort.csv``. Every change must be saved by :meth:`save`."""

    def __init__(self, path: Path | str, cases: list[CohortCase] | None = None) -> None:
        self.path = Path(path)
        self.cases = cases or []

    @classmethod
    def open(cls, path: Path | str) -> CohortTable:
        """Read the file; a new table where there is none. More lenient than an export is.

        Raises
        ------
        InputError
            When it is no CSV with the columns of a cohort.
        """
        path = Path(path)
        if not path.exists():
            return cls(path)
        try:
            with open(path, newline="", encoding="utf-8-sig") as file:
                reader = csv.DictReader(file)
                rows = list(reader)
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise InputError("not a readable CSV file", path, "save it as UTF-8 CSV") from error
        missing = [name for name in REQUIRED if name not in (reader.fieldnames or [])]
        if missing:
            needed = f"it needs {','.join(REQUIRED)}"
            raise InputError(f"column {', '.join(missing)} missing", path, needed)
        return cls(path, [_case(row, path.parent) for row in rows])

    def save(self) -> None:
        """Write the file, whole or not at all, with paths relative to it where they can be."""
        extra = dict.fromkeys(name for case in self.cases for name in case.extra)
        columns = [*REQUIRED, *OPTIONAL, STATE, *extra]
        with (
            replacing(self.path) as beside,
            open(beside, "w", newline="", encoding="utf-8") as file,
        ):
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            for case in self.cases:
                row = {
                    "case_id": case.case_id,
                    "image": self._relative(case.image),
                    "roi": self._relative(case.roi),
                    "label": case.label,
                    "patient_id": case.patient_id,
                    "split": case.split,
                    STATE: case.state,
                }
                writer.writerow(row | case.extra)

    def free_id(self) -> str:
        """A name that no case has."""
        taken = {case.case_id for case in self.cases}
        number = len(self.cases) + 1
        while f"case-{number:03d}" in taken:
            number += 1
        return f"case-{number:03d}"

    def add(self, case: CohortCase) -> bool:
        """Add a case, renamed where its name is taken; False where it is there already."""
        if any((one.image, one.roi) == (case.image, case.roi) for one in self.cases):
            return False
        if not case.case_id or case.case_id in {one.case_id for one in self.cases}:
            case.case_id = self.free_id()
        self.cases.append(case)
        return True

    def add_folder(self, folder: Path | str) -> int:
        """Add every case below a folder: its ``cohort.csv`` files, or each box with its CT.

        A CT is the volume file of the box's name or the only one beside it, else the box's
        folder, if that holds nothing but a DICOM series. Returns how many were added.

        Raises
        ------
        InputError
            When there is none.
        """
        folder = Path(folder)
        found: list[CohortCase] = []
        for listed in sorted(folder.rglob("cohort.csv")):
            found += CohortTable.open(listed).cases
        known = {case.roi for case in found}
        for roi in sorted(folder.rglob(f"*{ROI_SUFFIX}"), key=_natural):
            image = _image_of(roi)
            if image is not None and roi.resolve() not in known:
                name = roi.name.removesuffix(ROI_SUFFIX)
                found.append(CohortCase(name, image.resolve(), roi.resolve()))
        if not found:
            raise InputError(
                "no case found", folder, f"put each CT beside its box, saved as {ROI_SUFFIX}"
            )
        return sum(self.add(case) for case in found)

    def edit(self, row: int, name: str, text: str) -> None:
        """Set ``case_id``, ``patient_id`` or ``label`` of a row.

        Raises
        ------
        InputError
            When the name is taken or empty, or the label none of the classes.
        """
        case, text = self.cases[row], text.strip()
        if name == "case_id":
            taken = {one.case_id for one in self.cases if one is not case}
            if not text or text in taken:
                raise InputError("each case needs a name of its own", text or "empty name")
        if name == "label" and text not in ("", *CLASSES):
            raise InputError("unknown label", text, f"{CLASSES[0]} or {CLASSES[1]}")
        if getattr(case, name) != text:
            setattr(case, name, text)
            case.state = ""

    def require_complete(self) -> None:
        """Raise InputError, naming the cases, unless every one can be exported."""
        if not self.cases:
            raise InputError("the cohort has no case yet", hint="add the current case or a folder")
        broken = [f"{case.case_id}: {case.problem()}" for case in self.cases if case.problem()]
        if broken:
            raise InputError(
                f"{len(broken)} of {len(self.cases)} cases are not ready",
                "; ".join(broken[:5]),
                "correct or remove them",
            )

    def _relative(self, path: Path) -> str:
        try:
            return path.relative_to(self.path.parent.resolve()).as_posix()
        except ValueError:
            return str(path)


def _case(row: dict[str, str], base: Path) -> CohortCase:
    cells = {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)}
    label = {"0": CLASSES[0], "1": CLASSES[1]}.get(cells["label"], cells["label"])
    split = cells.get("split", "")
    known = (*REQUIRED, *OPTIONAL, STATE)
    return CohortCase(
        cells["case_id"],
        (base / cells["image"]).resolve(),
        (base / cells["roi"]).resolve(),
        label,
        cells.get("patient_id", ""),
        split if split in SPLITS else "",
        cells.get(STATE, ""),
        {key: value for key, value in cells.items() if key not in known},
    )


def _image_of(roi: Path) -> Path | None:
    stem = roi.name.removesuffix(ROI_SUFFIX)
    for suffix in SUFFIXES:
        if (roi.parent / f"{stem}{suffix}").is_file():
            return roi.parent / f"{stem}{suffix}"
    beside = [path for path in roi.parent.iterdir() if path != roi and path.is_file()]
    volumes = [path for path in beside if path.name.lower().endswith(SUFFIXES)]
    if len(volumes) == 1:
        return volumes[0]
    if not volumes and any(path.suffix.lower() in ("", ".dcm", ".ima") for path in beside):
        return roi.parent
    folders = [path for path in roi.parent.iterdir() if path.is_dir()]
    return folders[0] if not volumes and len(folders) == 1 else None


def _natural(path: Path) -> list[tuple[int, str]]:
    """A key that sorts case-2 before case-10."""
    parts = re.split(r"(\d+)", path.as_posix())
    return [(int(part), "") if part.isdecimal() else (0, part) for part in parts]
