"""What can stand beside a parameter's type: checks of the value, its default, widget settings."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, get_args

T = TypeVar("T")


class Validator:
    """Checks a value before it is stored."""

    def validate(self, value: Any) -> None:
        """Raise when the value is not right."""
        raise NotImplementedError


class NotNone(Validator):
    def validate(self, value: Any) -> None:
        if value is None:
            raise ValueError("a value is needed, not None")


class IsInstance(Validator):
    """None passes; combine with NotNone."""

    def __init__(self, classtype: Any) -> None:
        self.classtype = classtype

    def validate(self, value: Any) -> None:
        if value is not None and not isinstance(value, self.classtype):
            raise TypeError(f"{value!r} is a {type(value)}, not a {self.classtype}")


class WithinRange(Validator):
    """Both ends are allowed."""

    def __init__(self, minimum: float, maximum: float) -> None:
        self.minimum, self.maximum = minimum, maximum

    def validate(self, value: Any) -> None:
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"{value} is outside of [{self.minimum}, {self.maximum}]")


class Minimum(Validator):
    def __init__(self, minimum: float) -> None:
        self.minimum = minimum

    def validate(self, value: Any) -> None:
        if value < self.minimum:
            raise ValueError(f"{value} is below {self.minimum}")


class Maximum(Validator):
    def __init__(self, maximum: float) -> None:
        self.maximum = maximum

    def validate(self, value: Any) -> None:
        if value > self.maximum:
            raise ValueError(f"{value} is above {self.maximum}")


class Choice(Validator):
    def __init__(self, choices: Container[Any]) -> None:
        self.choices = choices

    def validate(self, value: Any) -> None:
        if value not in self.choices:
            raise ValueError(f"{value!r} is none of {self.choices}")


class Exclude(Validator):
    def __init__(self, excludedValues: Container[Any]) -> None:
        self.excludedValues = excludedValues

    def validate(self, value: Any) -> None:
        if value in self.excludedValues:
            raise ValueError(f"{value!r} is one of {self.excludedValues}, which are excluded")


@dataclass
class Decimals:
    """For the widget that the parameter is bound to."""

    value: int


@dataclass
class SingleStep:
    """For the widget that the parameter is bound to."""

    value: float


class Default:
    """The value of a parameter that was never set."""

    def __init__(self, value: Any = None, *, generator: Callable[[], Any] | None = None) -> None:
        self._value, self._generator = value, generator

    @property
    def value(self) -> Any:
        return self._generator() if self._generator else self._value


def split(annotated: Any) -> tuple[Any, list[Any]]:
    """``Annotated[int, a, b]`` → ``int, [a, b]``; a plain type has no annotations."""
    kind, *notes = get_args(Annotated[annotated, None])
    return kind, notes[:-1]


def first(notes: list[Any], kind: type[T]) -> T | None:
    """The first annotation of a class."""
    return next((note for note in notes if isinstance(note, kind)), None)
