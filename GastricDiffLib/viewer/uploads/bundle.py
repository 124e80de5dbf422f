"""Of a scene bundle only what is needed, under our own names, before Slicer reads it.

What MRML can make Slicer's core do, looked up in its node classes: storage nodes open files
and, with a handler, addresses; scripted-module and command-line nodes hold parameters that
only their modules, which are no part of the core, would act on; transforms may be HDF5, a
format that can take its numbers from other files. So volumes, ROIs, linear transforms by
their matrix, tables and plots are kept, each file of theirs checked, and nothing else is
even shown to Slicer's readers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import quoteattr

from GastricDiffLib.ct.io.formats import SINGLE_FILE_SUFFIXES, by_name
from GastricDiffLib.errors import InputError
from GastricDiffLib.files import size_text
from GastricDiffLib.scene.kinds import KIND
from GastricDiffLib.scene.setup import READABLE_BY
from GastricDiffLib.viewer.limits import Limits
from GastricDiffLib.viewer.uploads.archive import Archive, Entry
from GastricDiffLib.viewer.uploads.kinds import ROI_SUFFIX, Kind, kind_of, volume_suffix
from GastricDiffLib.viewer.uploads.mrml import Element, check_references, parse, referred
from GastricDiffLib.viewer.uploads.upload import is_mrml
from GastricDiffLib.viewer.uploads.volumes import check_volume

_SAVE = "save the scene as .mrb in Slicer again"
_STORED = {
    "Volume": ("VolumeArchetypeStorage",),
    "MarkupsROI": ("MarkupsROIJsonStorage", "MarkupsJsonStorage"),
    "Table": ("TableStorage",),
}
_FREE = ("PlotChart", "PlotSeries")
_TABLE = re.compile(r"(.+?)((\.schema)?\.(tsv|csv|txt))", re.I | re.S)
_MATRIX = {"matrixTransformToParent", "matrixTransformFromParent"}
_READ_AS = {"id", "centerImage", "UseOrientationFromFile", "singleFile", "coordinateSystem"}
"""Of a storage node's attributes those by which its file is read."""
_DATA = re.compile(r".*Volume|Segmentation|Model|Markups(?!.*(Display|Storage)).*|Annotation.*ROI")
"""Elements that a user would miss; the rest is display, views and bookkeeping."""


class Bundle:
    """A scene bundle being unpacked into ``folder``; ``left_out`` counts nodes not taken."""

    def __init__(self, archive: Archive, folder: Path, limits: Limits) -> None:
        self._archive, self._folder, self._limits = archive, folder, limits
        self._entries = {entry.parts: entry for entry in archive.entries}
        self._base: tuple[str, ...] = ()
        self._out: list[tuple[Entry, Path]] = []
        self.left_out = 0

    def unpack(self) -> Path:
        """Write the files that are needed and a .mrml that refers to no others; its path.

        Raises
        ------
        InputError
            When anything in the scene refers to something outside, or a file is not what it should
            be.
        """
        elements = self._parsed()
        check_references(elements)
        (self._folder / "Data").mkdir()
        nodes = list(self._kept([element for element in elements if element.top]))
        self._archive.require_small([entry for entry, _ in self._out])
        for entry, path in self._out:
            self._archive.unpack(entry, path)
            self._check(path, entry)
        mrml = self._folder / "scene.mrml"
        lines = "\n".join(_xml(node) for node in nodes)
        text = f"<MRML version={quoteattr(READABLE_BY)}>\n{lines}\n</MRML>\n"
        mrml.write_text(text, encoding="utf-8")
        return mrml

    def _parsed(self) -> list[Element]:
        found = [entry for entry in self._archive.entries if is_mrml(entry.parts)]
        if len(found) != 1:
            raise InputError(f"{len(found)} scenes in the bundle", hint=_SAVE)
        self._base = found[0].parts[:-1]
        if found[0].info.file_size > self._limits.mrml:
            raise InputError(
                "the scene's file is too large", f"more than {size_text(self._limits.mrml)}", _SAVE
            )
        path = self._folder / "given"
        self._archive.require_small(found)
        self._archive.unpack(found[0], path)
        return parse(path.read_bytes())

    def _kept(self, elements: list[Element]) -> Iterator[Element]:
        """The nodes that are needed and their storage, with their references put right."""
        by_id = {element.attributes.get("id", ""): element for element in elements}
        for element in elements:
            storage = self._storage(element, by_id) if _movable(element, by_id) else None
            if not (storage or element.tag in _FREE or _is_matrix(element)):
                self.left_out += bool(_DATA.fullmatch(element.tag))
                continue
            if storage:
                yield storage
            yield _without_storage(element) if _is_matrix(element) else element

    def _storage(self, element: Element, by_id: dict[str, Element]) -> Element | None:
        """Its storage node with a new file name; None where it needs none or has another."""
        storage = by_id.get(_first_reference(element, "storage"))
        if storage is None or storage.tag not in _STORED.get(element.tag, ()):
            return None
        if element.tag == "Table" and f"{KIND}:" not in element.attributes.get("attributes", ""):
            return None
        attributes = storage.attributes
        named = {
            self._base + referred(value, name)
            for name, value in attributes.items()
            if value and re.fullmatch(r"fileName|fileListMember\d*", name)
        }
        if attributes.get("uri"):
            raise InputError("the scene refers to an address", f"uri of a {storage.tag}", _SAVE)
        main = attributes.get("fileName")
        if not main:
            return None
        names = self._place(element.tag, self._base + referred(main, "fileName"), named)
        kept = {name: attributes[name] for name in _READ_AS & attributes.keys()}
        kept |= {"fileName": names[0]}
        kept |= {f"fileListMember{n}": name for n, name in enumerate(names[1:])}
        return Element(storage.tag, kept, True)

    def _place(self, tag: str, main: tuple[str, ...], named: set[tuple[str, ...]]) -> list[str]:
        """New names for a node's file, first, and the others that belong to it."""
        stem = f"{len(self._out) + 1:04}"
        if tag == "Table":
            return self._place_table(stem, main)
        if named != {main}:
            raise InputError("a node of the scene is kept in several files", f"a {tag}", _SAVE)
        suffix = ROI_SUFFIX if tag == "MarkupsROI" else _suffix_of_volume(main[-1])
        return [self._plan(main, stem + suffix)]

    def _place_table(self, stem: str, main: tuple[str, ...]) -> list[str]:
        found = _TABLE.fullmatch(main[-1])
        if found is None:
            raise InputError("a table of the scene is no .tsv or .csv", hint=_SAVE)
        suffix = found[4].lower()
        names = [self._plan(main, f"{stem}.{suffix}")]
        schema = (*main[:-1], f"{found[1]}.schema.{found[4]}")
        if schema in self._entries:
            names.append(self._plan(schema, f"{stem}.schema.{suffix}"))
        return names

    def _plan(self, parts: tuple[str, ...], name: str) -> str:
        if parts not in self._entries:
            raise InputError("the scene lacks the file of a node", "fileName", _SAVE)
        self._out.append((self._entries[parts], self._folder / "Data" / name))
        return f"Data/{name}"

    def _check(self, path: Path, entry: Entry) -> None:
        where = f"entry {entry.number} of the bundle"
        suffix = path.name[4:]
        if suffix == ROI_SUFFIX:
            if path.stat().st_size > self._limits.markups or kind_of(path) is not Kind.ROI:
                raise InputError("an ROI of the scene is no readable markups file", where, _SAVE)
        elif suffix in SINGLE_FILE_SUFFIXES:
            if volume_suffix(path) != suffix:
                raise InputError("a volume of the scene is not of its kind", where, _SAVE)
            check_volume(path, self._limits)


def _suffix_of_volume(name: str) -> str:
    """The suffix goes on: Slicer's reader chooses by it, and the content must fit it."""
    found = by_name(Path(name))
    if found and found[1] in found[0].suffixes:
        return found[1]
    raise InputError(
        "a volume of the scene is kept in a format that is not read",
        hint="save it as .nrrd in Slicer, then the scene as .mrb",
    )


def _references(element: Element) -> dict[str, list[str]]:
    """Roles and IDs: ``references="role:id id;role:id;"``, or the attributes of old scenes."""
    found = {}
    for part in element.attributes.get("references", "").split(";"):
        role, _, ids = part.partition(":")
        if ids.split():
            found[role.strip()] = ids.split()
    for role in ("storage", "transform"):
        old = element.attributes.get(f"{role}NodeRef", "").split()
        if old:
            found.setdefault(role, old)
    return found


def _first_reference(element: Element, role: str) -> str:
    return _references(element).get(role, [""])[0]


def _is_matrix(element: Element) -> bool:
    return element.tag == "LinearTransform" and bool(_MATRIX & element.attributes.keys())


def _movable(element: Element, by_id: dict[str, Element]) -> bool:
    """Whether all transforms above it, up to the world, are there and linear."""
    seen = set()
    while above := _first_reference(element, "transform"):
        if above in seen or above not in by_id or not _is_matrix(by_id[above]):
            return False
        seen.add(above)
        element = by_id[above]
    return True


def _without_storage(transform: Element) -> Element:
    kept = {name: transform.attributes.get(name, "") for name in ("id", "name", *_MATRIX)}
    if above := _first_reference(transform, "transform"):
        kept["references"] = f"transform:{above};"
    return Element(transform.tag, {name: value for name, value in kept.items() if value}, True)


def _xml(element: Element) -> str:
    pairs = [f"{name}={quoteattr(value)}" for name, value in element.attributes.items()]
    return f"<{element.tag} {' '.join(pairs)}></{element.tag}>"
