"""HTML pages from jinja2 templates, each beside the code that fills it.

Found as plain files below this package, so that a checkout, a wheel and the scripted-modules
folder of an installed Slicer extension are alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

ROOT = Path(__file__).resolve().parent


def render(
    name: str, filters: Mapping[str, Callable[..., object]] | None = None, **values: Any
) -> str:
    """Fill a template.

    Every value is escaped; a name that the template uses and nobody gave is an error.

    Parameters
    ----------
    name
        The template's path below ``GastricDiffLib``, such as ``compare/report.html``.
    filters
        Further filters of this template, by name.
    **values
        What the template refers to.

    Returns
    -------
    str
        The page, with a line break at its end as the template has one.

    Raises
    ------
    jinja2.UndefinedError
        A value is missing.
    ImportError
        Where jinja2 is not installed: inside Slicer before the first job installs it.
    """
    environment = _environment()
    if filters:
        environment = environment.overlay()
        environment.filters = {**environment.filters, **filters}
    return environment.get_template(name).render(**values)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    # Brought in by the first page: most commands write none.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(ROOT),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
