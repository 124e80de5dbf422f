"""The parser of the command line, whose errors look like all others."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from GastricDiffLib import RESEARCH_USE, __version__
from GastricDiffLib.cli.command import all_commands, find_command
from GastricDiffLib.errors import InputError

_NO_COMMAND = "argument COMMAND: invalid choice: "
"""How argparse begins its own error."""


class Parser(argparse.ArgumentParser):
    """A parser whose error is one line in the form of all others.

    A word that is no command is compared with ``commands``, those that people give.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.commands: list[str] = []

    def error(self, message: str) -> NoReturn:
        """Raise InputError in place of argparse's own exit."""
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


def build_parser(word: str | None = None) -> Parser:
    """The parser of every command; ``options.run`` is the function that it names.

    Parameters
    ----------
    word
        The first word of a command line, to be quick: where it is a command, that one alone is
        known; else all are, without their arguments, as for the help and for what is mistyped.
    """
    parser = Parser(
        prog="gastricdiff",
        description="Differentiated or undifferentiated: gastric tumours on CT.",
        epilog=RESEARCH_USE,
    )
    parser.add_argument("--version", action="version", version=f"gastricdiff {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    asked = find_command(word) if word is not None else None
    commands = {word: asked} if word is not None and asked is not None else all_commands()
    for name, command in commands.items():
        # Without a help text the list of commands leaves it out.
        listed: dict[str, Any] = {} if command.hidden else {"help": command.summary}
        one = subparsers.add_parser(
            name, description=command.summary, epilog=RESEARCH_USE, **listed
        )
        one.set_defaults(run=command.run)
        if not command.hidden:
            parser.commands.append(name)
        if word is not None and asked is None:
            continue
        if command.events:
            one.add_argument("--events", action="store_true", help="print JSON lines")
        command.add_arguments(one)
    return parser
