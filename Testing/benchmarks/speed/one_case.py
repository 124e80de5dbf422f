"""One case from DICOM folder to ``scene.mrb`` in a process of its own, timed part by part.

    python -m Testing.benchmarks.speed.one_case DICOM ROI MODEL OUT

Prints one line of JSON: slices, seconds of each part, and the peak memory up to its end in MiB.
The parts are those of ``gastricdiff classify``; ``network`` is what of ``classify`` the network
alone took.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .memory import peak_mib

if TYPE_CHECKING:
    from GastricDiffLib.nets.base import Network


def main() -> None:
    dicom, roi, model, out = (Path(argument) for argument in sys.argv[1:])
    seconds: dict[str, float] = {}
    peaks: dict[str, float | None] = {}
    last = time.perf_counter()

    def done(part: str) -> None:
        nonlocal last
        now = time.perf_counter()
        seconds[part] = seconds.get(part, 0.0) + now - last
        peaks[part] = peak_mib()
        last = now

    from GastricDiffLib.classify.files import write_results
    from GastricDiffLib.ct import read_roi, read_volume
    from GastricDiffLib.memory import give_back_memory

    done("imports")
    boxes, volume = read_roi(roi), read_volume(dicom)
    done("reading")
    from GastricDiffLib.classify.classifier import Classifier

    done("imports")
    classifier = Classifier.load(model, "cpu")
    done("model")
    passes: list[float] = []
    _time_passes(type(classifier.net), passes)
    result = classifier.classify(volume, boxes)
    del classifier
    give_back_memory()
    done("classify")
    from GastricDiffLib.classify import overview  # noqa: F401
    from GastricDiffLib.scene import write_scene

    done("imports")
    write_results(out, volume, boxes, result, write_scene)
    done("files")
    seconds["network"] = sum(passes)
    print(json.dumps({"seconds": seconds, "peak_mib": peaks, "slices": len(result.p)}))


def _time_passes(network: type[Network], passes: list[float]) -> None:
    """Let every pass of such networks add its seconds to ``passes``."""
    outputs = network.outputs

    def timed(self: Network, images: Any) -> Any:
        start = time.perf_counter()
        found = outputs(self, images)
        passes.append(time.perf_counter() - start)
        return found

    network.outputs = timed  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
