"""The models that can be chosen, and their cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any, Protocol

from GastricDiffLib.errors import InputError
from GastricDiffLib.i18n import _
from GastricDiffLib.inference.metadata import read_metadata
from GastricDiffLib.resources import demo_model

KEPT = 12
"""Models remembered from one session to the next."""


class UserSettings(Protocol):
    """What stays on this computer, whatever the scene."""

    def texts(self, name: str) -> list[str]: ...

    def keep(self, name: str, texts: Sequence[str]) -> None: ...


@dataclass(frozen=True)
class ModelChoice:
    """A line of the model selector."""

    title: str
    path: str


class Models:
    """The bundled model and those used or trained on this computer, newest first."""

    NAME = "GastricDiff/Models"

    def __init__(self, settings: UserSettings) -> None:
        self._settings = settings

    def choices(self, current: str = "") -> list[ModelChoice]:
        """All models there are, and the current one though its file may be gone."""
        paths = [str(demo_model())]
        known = [path for path in self._settings.texts(self.NAME) if Path(path).is_file()]
        paths += [path for path in ([current] if current else []) + known if path not in paths]
        return [ModelChoice(_title(path), path) for path in dict.fromkeys(paths)]

    def add(self, path: str | Path) -> None:
        """Remember a model.

        Raises
        ------
        InputError
            When the file is none.
        """
        read_metadata(path)
        path = str(Path(path).absolute())
        others = [one for one in self._settings.texts(self.NAME) if one != path]
        self._settings.keep(self.NAME, [path, *others][:KEPT])


def _title(path: str) -> str:
    if path == str(demo_model()):
        return _("Demo model, phantoms only")
    try:
        name = str(_metadata(path).get("name") or Path(path).stem)
    except InputError:
        return _("{name}: cannot be read").format(name=Path(path).name)
    return f"{name} ({Path(path).parent.name})" if Path(path).parent.name != name else name


def _metadata(path: Path | str) -> dict[str, Any]:
    """As ``read_metadata``, which the panel asks for with every move of a box's handle."""
    stat = Path(path).stat() if Path(path).is_file() else None
    return _read(str(path), (stat.st_mtime_ns, stat.st_size) if stat else None)


@lru_cache(maxsize=4 * KEPT)
def _read(path: str, _seen: tuple[int, int] | None) -> dict[str, Any]:
    return read_metadata(path)


def model_problem(path: str) -> str:
    """Why a model cannot be used, empty where it can."""
    try:
        _metadata(path or demo_model())
    except InputError as error:
        return str(error)
    return ""


def model_card(path: str) -> str:
    """A model's system, classes, cohort and metrics, as HTML for a narrow panel.

    Without a template: Slicer shows it before jinja2 is installed.
    """
    try:
        metadata = _metadata(path or demo_model())
    except InputError as error:
        return escape(str(error))
    training = metadata.get("training") or {}
    lines = [(_("System"), str(metadata.get("system", "?")))]
    lines.append((_("Classes"), " / ".join(str(name) for name in metadata.get("classes", ()))))
    lines.append((_("Cohort"), _cohort(training)))
    lines += [(name, text) for name, text in _judgement(metadata.get("metrics") or {}) if text]
    scopes = {"roi": _("slices that the box cuts"), "all": _("all slices of the CT")}
    scope = str((metadata.get("input") or {}).get("scope", ""))
    lines.append((_("Votes"), scopes.get(scope, scope)))
    lines.append((_("Trained"), str(training.get("date", "?"))))
    rows = "".join(
        f"<tr><td>{escape(name)}&nbsp;&nbsp;</td><td>{escape(text)}</td></tr>"
        for name, text in lines
    )
    note = escape(str(metadata.get("note") or ""))
    limits = escape(_("Not for diagnosis, nor for other organs, phases or scanners unlike these."))
    return f"<table>{rows}</table><b>{note}</b> {limits}"


def _cohort(training: dict[str, Any]) -> str:
    cases = training.get("cases") or {}
    counts = ", ".join(
        f"{cases[name]} {name}" for name in ("train", "val", "test") if name in cases
    )
    return f"{counts or '?'} ({str(training.get('cohort', '?'))[:8]})"


def _judgement(metrics: dict[str, Any]) -> list[tuple[str, str]]:
    """AUC over cases and slices, on cases that the training never saw where there are any."""
    for split, source in (("test", _("held-out")), ("val", _("validation"))):
        if metrics.get(f"{split}_case_auc") is not None:
            return [
                (_("AUC"), _auc(metrics, f"{split}_case_auc", _("cases"), source)),
                ("", _auc(metrics, f"{split}_image_auc", _("slices"), source)),
            ]
    return [(_("AUC"), _("not measured"))]


def _auc(metrics: dict[str, Any], name: str, unit: str, source: str) -> str:
    value = metrics.get(name)
    if value is None:
        return ""
    low, high = metrics.get(f"{name}_low"), metrics.get(f"{name}_high")
    interval = f" ({low:.2f}–{high:.2f})" if low is not None and high is not None else ""
    return f"{value:.2f}{interval}, {source} {unit}"
