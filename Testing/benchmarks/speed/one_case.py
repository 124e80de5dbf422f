"""``gastricdiff classify`` of one case in this process, its parts timed on the way.

    python -m Testing.benchmarks.speed.one_case DICOM ROI MODEL OUT

The last line printed is JSON: slices, seconds of each part, and the peak memory in MiB. ``read``,
``load``, ``classify`` and ``write`` exclude each other, and leave Python's start and imports to the
rest of the wall time; ``network`` is what the network alone took of ``classify``.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from GastricDiffLib.cli import classify as command
from GastricDiffLib.cli.main import main as gastricdiff

from .memory import peak_mib

seconds: dict[str, float] = {}


def main() -> None:
    dicom, roi, model, out = sys.argv[1:]
    import GastricDiffLib.ct as ct

    ct.read_volume = timed("read", ct.read_volume)
    classify_case = command.classify_case

    def with_parts(*arguments: Any) -> None:
        _time_parts()
        classify_case(*arguments)

    command.classify_case = with_parts
    code = gastricdiff(["classify", dicom, "--roi", roi, "--model", model, "--out", out])
    slices = len((Path(out) / "slices.csv").read_text(encoding="utf-8").splitlines()) - 1
    print(json.dumps({"seconds": seconds, "peak_mib": peak_mib(), "slices": slices}))
    sys.exit(code)


def _time_parts() -> None:
    """Not before the command has read the CT: only then does it import these packages, too."""
    from GastricDiffLib.classify import Classifier
    from GastricDiffLib.results import files

    load = timed("load", Classifier.load)

    def load_and_time_the_network(*arguments: Any) -> Classifier:
        classifier = load(*arguments)
        network: Any = type(classifier.predictor.net)
        network.outputs = timed("network", network.outputs)
        return classifier

    Classifier.load = load_and_time_the_network  # type: ignore[method-assign]
    Classifier.classify = timed("classify", Classifier.classify)  # type: ignore[method-assign]
    files.write_results = timed("write", files.write_results)


def timed(part: str, work: Callable[..., Any]) -> Callable[..., Any]:
    """``work`` that adds its seconds to those of a part."""

    def timing(*arguments: Any, **options: Any) -> Any:
        start = time.perf_counter()
        try:
            return work(*arguments, **options)
        finally:
            seconds[part] = seconds.get(part, 0.0) + time.perf_counter() - start

    return timing


if __name__ == "__main__":
    main()
