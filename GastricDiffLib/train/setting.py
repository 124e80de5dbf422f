"""How a setting is declared; the command line, the panel and the checks derive from that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints

from GastricDiffLib.errors import InputError


@dataclass(frozen=True)
class Setting:
    """What a field of a class of settings means, in ``Annotated[type, Setting(…)]``.

    Parameters
    ----------
    label
        A word or two, as beside an input field.
    help
        What it is, in a line that starts with a small letter and has no stop at its end.
    low, above
        Numbers must be at least ``low``, or greater than ``above``.
    offered
        The range (from, to) that an input field offers, within what is valid.
    choices
        The words that are valid.
    parts
        What the values of a tuple are called on the command line.
    alias
        Another name of its option on the command line.
    """

    label: str
    help: str
    low: float | None = None
    above: float | None = None
    offered: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    alias: str = ""

    @property
    def tooltip(self) -> str:
        """``help`` as a sentence."""
        return f"{self.help[:1].upper()}{self.help[1:]}."

    def check(self, name: str, value: Any) -> None:
        """Raise InputError, with the name of the setting, where a value is not valid."""
        hint = ""
        if self.choices and value not in self.choices:
            hint = f"choose one of {', '.join(self.choices)}"
        elif self.low is not None and not value >= self.low:
            hint = f"at least {self.low}" if self.low else "0 or a positive number"
        elif self.above is not None and not value > self.above:
            hint = f"more than {self.above}" if self.above else "a positive number"
        if hint:
            raise InputError(f"{name} is {value!r}", hint=hint)


class DeclaredSetting(NamedTuple):
    """A field with its ``type``: ``int``, ``float``, ``str`` or a tuple of one of them."""

    name: str
    type: Any
    default: Any
    setting: Setting

    @property
    def item_types(self) -> tuple[type, ...]:
        """Of the values: one, or those of the tuple."""
        return get_args(self.type) or (self.type,)

    @property
    def flag(self) -> str:
        """Of the command line: ``batch_size`` is ``--batch-size``."""
        return f"--{self.name.replace('_', '-')}"

    def values(self, value: Any) -> tuple[Any, ...]:
        """As the words of the command line: one, or those of the tuple."""
        return tuple(value) if get_args(self.type) else (value,)


def declared_settings(config: type[Any]) -> Mapping[str, DeclaredSetting]:
    """The fields of a dataclass that carry a :class:`Setting`, by name, in their order.

    Examples
    --------
    >>> @dataclass
    ... class Config:
    ...     depth: Annotated[int, Setting("Depth", "number of layers", low=1)] = 3
    >>> declared_settings(Config)["depth"].flag
    '--depth'
    """
    hints = get_type_hints(config, include_extras=True)
    found = {}
    for field in fields(config):
        hint = hints[field.name]
        if get_origin(hint) is Annotated:
            kind, setting = get_args(hint)
            found[field.name] = DeclaredSetting(field.name, kind, field.default, setting)
    return found
