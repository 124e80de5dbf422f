"""The XML of a scene, parsed without Slicer: its elements and all that they refer to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote
from xml.parsers import expat

from GastricDiffLib.errors import InputError

_DEPTH, _ELEMENTS = 64, 200_000
_FILE = re.compile(r"fileName|fileListMember\d*|uri|uriListMember\d*")
_FREE_TEXT = {"id", "name", "description", "attributes", "references", "userTags"}
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:")
_SAVE = "save the scene as .mrb in Slicer again"


@dataclass(frozen=True)
class Element:
    """One XML element; ``top``: it is a node of the scene itself, not within another."""

    tag: str
    attributes: dict[str, str]
    top: bool


def parse(data: bytes) -> list[Element]:
    """All elements below ``<MRML>``.

    Raises
    ------
    InputError
        When it is no MRML, or declares a document type or entities.
    """
    found: list[Element] = []
    open_tags: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if not open_tags and tag != "MRML":
            raise InputError("the scene's file is no MRML", hint=_SAVE)
        if len(open_tags) > _DEPTH or len(found) > _ELEMENTS:
            raise InputError("the scene's file is nested too deep or too long", hint=_SAVE)
        if open_tags:
            found.append(Element(tag, attributes, len(open_tags) == 1))
        open_tags.append(tag)

    def refuse(*_: object) -> Any:
        raise InputError("the scene's file declares a document type or entities", hint=_SAVE)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda tag: open_tags.pop()
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = parser.UnparsedEntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise InputError("the scene's file is no readable XML", hint=_SAVE) from error
    return found


def check_references(elements: list[Element]) -> None:
    """Refuse a scene of which anything, needed or not, refers to what is not in its bundle.

    Raises
    ------
    InputError
        With the kind of the reference.
    """
    for element in elements:
        for name, value in _references(element):
            referred(value, f"{_word(name)} of a {_word(element.tag)}")


def referred(value: str, kind: str) -> tuple[str, ...]:
    """The parts of a relative name; ``kind`` names in messages which kind of reference it is.

    Raises
    ------
    InputError
        Unless it stays below the folder that it starts from.
    """
    name = unquote(value)
    if _SCHEME.match(name):
        raise InputError("the scene refers to a remote address", kind, _SAVE)
    if _ABSOLUTE.match(name):
        raise InputError("the scene refers to an absolute path", kind, _SAVE)
    if "\\" in name:
        raise InputError("the scene refers to a file with a backslash in its name", kind, _SAVE)
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts:
        raise InputError("the scene refers to a file outside of its bundle", kind, _SAVE)
    return parts


def _references(element: Element) -> Iterator[tuple[str, str]]:
    """Attributes that name files or addresses: some on every node, on storage nodes any."""
    storage = "Storage" in element.tag
    for name, value in element.attributes.items():
        if not value:
            continue
        if _FILE.fullmatch(name) or (
            storage and name not in _FREE_TEXT and _looks_like_a_place(unquote(value))
        ):
            yield name, value


def _looks_like_a_place(value: str) -> bool:
    return "://" in value or ".." in value.split("/") or bool(_ABSOLUTE.match(value))


def _word(text: str) -> str:
    """Of a stranger's file into a message only where it is a plain word."""
    return text if re.fullmatch(r"[A-Za-z0-9_]{1,60}", text) else "thing"
