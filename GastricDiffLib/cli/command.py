"""What a command is, and which there are."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

from GastricDiffLib.cli.console import Console

_PACKAGE = "GastricDiffLib.cli"


class Command(NamedTuple):
    """``COMMAND`` of a module makes ``gastricdiff MODULE`` a command.

    Such a module imports heavy libraries not before ``run`` is called: the help imports them all.

    Parameters
    ----------
    summary
        One line of the help.
    add_arguments
        Called with the command's own parser. ``--events`` is there already.
    run
        Called with the parsed arguments and what the command reports to.
    order
        Place in the list of commands.
    hidden
        Not listed, since programs alone call it.
    events
        Whether it takes ``--events``.
    joint
        Whether torchrun may start it in several processes that work as one.
    """

    summary: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Console], None]
    order: int
    hidden: bool = False
    events: bool = True
    joint: bool = False


def find_command(name: str) -> Command | None:
    """The command of this name; imports its module alone."""
    if not name.isidentifier():
        return None
    module = f"{_PACKAGE}.{name}"
    try:
        command = getattr(import_module(module), "COMMAND", None)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return None
    return command if isinstance(command, Command) else None


def all_commands() -> dict[str, Command]:
    """Every command by name, in the order of the help."""
    from pkgutil import iter_modules

    names = [module.name for module in iter_modules(import_module(_PACKAGE).__path__)]
    found = {name: command for name in names if (command := find_command(name))}
    return dict(sorted(found.items(), key=lambda item: item[1].order))
