"""A parser of command lines whose complaints look like all other errors."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from GastricDiffLib.errors import InputError

_NO_COMMAND = "argument COMMAND: invalid choice: "
"""How argparse begins its own complaint."""


class Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line in the form of all other errors.

    A word that is no command is compared with ``commands``, those that people give. The help of
    ``settings`` tells their defaults in ``TrainConfig``, which is asked only when help is.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.settings: list[argparse.Action] = []
        self.commands: list[str] = []

    def format_help(self) -> str:
        if self.settings:
            from GastricDiffLib.train.config import TrainConfig

            defaults = TrainConfig.defaults()
            for action in self.settings:
                action.help = f"{action.help} (default {defaults[action.dest]})"
            self.settings.clear()
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        hint = f"see {self.prog} --help"
        if message.startswith(_NO_COMMAND):
            # argparse would list the commands that are not for people, too.
            from ast import literal_eval
            from difflib import get_close_matches

            word = literal_eval(message[len(_NO_COMMAND) :].partition(" (choose from")[0])
            message = f"no such command: {word}"
            if like := get_close_matches(word, self.commands, 1):
                hint = f"did you mean {like[0]}? {hint}"
        raise InputError(message, hint=hint)
