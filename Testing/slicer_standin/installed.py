"""The modules that only a running Slicer has, put in place and taken away again."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from slicer_standin import (
    i18n,
    packages,
    parameter_nodes,
    qt_module,
    sample_data,
    scripted_module,
    widgets,
)
from slicer_standin.generated import standin_class
from slicer_standin.tables import slicer_classes

assert widgets
_NOTHING = object()
_BESIDE = {"SampleData": sample_data, "PyTorchUtils": packages}
"""Slicer's own scripted modules that others import."""
_INSIDE = {
    "ScriptedLoadableModule": scripted_module,
    "parameterNodeWrapper": parameter_nodes,
    "i18n": i18n,
    "packaging": packages,
}


@contextmanager
def installed() -> Iterator[Any]:
    """``qt``, ``ctk``, and in ``slicer`` the widgets and helpers that slicer-core leaves out.

    Gives the module ``slicer``. Afterwards it is as before; modules of the project that were
    imported meanwhile stay, since the classes they hold are the same the next time.
    """
    import slicer
    import slicer.util

    inside: dict[str, Any] = {n: _as_module(f"slicer.{n}", m) for n, m in _INSIDE.items()}
    inside |= {n: standin_class(n) for n in slicer_classes() if n.startswith("q")}
    inside |= {"selfTests": {}, "mrmlScene": None, "app": None, "modules": None}
    modules: dict[str, Any] = {name: _as_module(name, m) for name, m in _BESIDE.items()}
    modules |= {"qt": qt_module.make_qt(), "ctk": qt_module.make_ctk()}
    modules |= {f"slicer.{n}": m for n, m in inside.items() if isinstance(m, ModuleType)}
    modules["slicer.modules"] = None
    attributes_before = {name: vars(slicer).get(name, _NOTHING) for name in inside}
    modules_before = {name: sys.modules.get(name, _NOTHING) for name in modules}
    path_before = list(sys.path)
    # Up to Slicer 5.11 pip's place; from 5.12 on it is what slicer.packaging has.
    util = {"pip_install": packages.pip_install}
    util_before = {name: vars(slicer.util).get(name, _NOTHING) for name in util}
    vars(slicer).update(inside)
    vars(slicer.util).update(util)
    sys.modules.update(modules)
    try:
        yield slicer
    finally:
        _restore(vars(slicer), attributes_before)
        _restore(vars(slicer.util), util_before)
        _restore(sys.modules, modules_before)
        sys.path[:] = path_before


def _restore(place: dict[str, Any], before: dict[str, Any]) -> None:
    for name, value in before.items():
        if value is _NOTHING:
            place.pop(name, None)
        else:
            place[name] = value


def _as_module(name: str, source: ModuleType) -> ModuleType:
    """A module of another name with the public content of one of ours."""
    module = ModuleType(name, source.__doc__)
    public = getattr(source, "__all__", [key for key in vars(source) if not key.startswith("_")])
    module.__dict__.update({key: getattr(source, key) for key in public})
    return module
