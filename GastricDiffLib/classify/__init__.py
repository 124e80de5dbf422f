"""Model file, classifier, results. ``Classifier`` brings torch in when it is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from GastricDiffLib.classify.result import CaseResult, ModelCard

if TYPE_CHECKING:
    from GastricDiffLib.classify.classifier import Classifier

__all__ = ["CaseResult", "Classifier", "ModelCard"]


def __getattr__(name: str) -> Any:
    if name == "Classifier":
        from GastricDiffLib.classify.classifier import Classifier

        return Classifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
