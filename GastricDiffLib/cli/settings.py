"""The options of the training settings, derived from their declaration."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any


def add_settings(parser: argparse.ArgumentParser, leave_out: Sequence[str] = ()) -> None:
    """An option for every setting of ``TrainConfig`` but those to leave out.

    One that is not given is absent from the parsed arguments: defaults stand in ``TrainConfig``.
    """
    from GastricDiffLib.train.config import SETTINGS

    for name, declared in SETTINGS.items():
        if name in leave_out:
            continue
        setting, kinds = declared.setting, declared.item_types
        flags = [declared.flag] + ([f"--{setting.alias}"] if setting.alias else [])
        several: dict[str, Any] = {}
        if len(kinds) > 1:
            several = {"nargs": len(kinds), "metavar": setting.parts or None}
        text = setting.help + (f"; one of {', '.join(setting.choices)}" if setting.choices else "")
        default = " ".join(map(str, declared.values(declared.default)))
        parser.add_argument(
            *flags,
            dest=name,
            type=kinds[0],
            default=argparse.SUPPRESS,
            help=f"{text} (default {default})".replace("%", "%%"),
            **several,
        )


def settings_of(options: argparse.Namespace) -> dict[str, Any]:
    """Those fields of ``TrainConfig`` that the command line names."""
    from GastricDiffLib.train.config import SETTINGS

    given = vars(options)
    return {
        name: given[name] if len(declared.item_types) == 1 else tuple(given[name])
        for name, declared in SETTINGS.items()
        if name in given
    }
