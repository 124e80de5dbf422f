"""The public classifier; it brings torch in when it is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from GastricDiffLib.results.case_result import CaseResult, ModelCard

if TYPE_CHECKING:
    from GastricDiffLib.inference.classifier import Classifier

__all__ = ["CaseResult", "Classifier", "ModelCard"]


def __getattr__(name: str) -> Any:
    if name == "Classifier":
        from GastricDiffLib.inference.classifier import Classifier

        return Classifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
