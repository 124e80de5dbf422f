"""One BLAS thread for a phantom."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


def one_blas_thread(function: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """Run ``function`` with one BLAS thread.

    A phantom is many small products: several threads only wait for each other, and would sum
    in another order. Without threadpoolctl, as in a Slicer that only shows the sample case, it
    is made all the same; its last digits may differ.
    """

    @wraps(function)
    def limited(*arguments: _Parameters.args, **options: _Parameters.kwargs) -> _Result:
        try:
            from threadpoolctl import threadpool_limits
        except ImportError:
            return function(*arguments, **options)
        with threadpool_limits(limits=1, user_api="blas"):
            return function(*arguments, **options)

    return limited
