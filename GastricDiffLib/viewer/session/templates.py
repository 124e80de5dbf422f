"""The page's pieces: Vue templates, style and script, as files beside this one."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).with_name("page")


def template(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")
