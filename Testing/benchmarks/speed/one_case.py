"""One case from DICOM folder to ``scene.mrb`` in a process of its own, timed part by part.

    python -m Testing.benchmarks.speed.one_case DICOM ROI MODEL OUT

Prints one line of JSON: seconds of each part, peak memory in MiB, slices. The parts are those
of ``gastricdiff classify``; ``network`` is what of ``classify`` the network alone took.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from .memory import peak_mib


def main() -> None:
    dicom, roi, model, out = (Path(argument) for argument in sys.argv[1:])
    seconds: dict[str, float] = {}
    last = time.perf_counter()

    def done(part: str) -> None:
        nonlocal last
        now = time.perf_counter()
        seconds[part] = now - last
        last = now

    from GastricDiffLib.classify.classifier import Classifier
    from GastricDiffLib.classify.files import write_results
    from GastricDiffLib.ct import read_roi, read_volume
    from GastricDiffLib.scene import write_scene

    done("imports")
    boxes, volume = read_roi(roi), read_volume(dicom)
    done("reading")
    classifier = Classifier.load(model, "cpu")
    done("model")
    passes: list[float] = []
    outputs = classifier.net.outputs

    def timed(images):
        start = time.perf_counter()
        found = outputs(images)
        passes.append(time.perf_counter() - start)
        return found

    classifier.net.outputs = timed
    result = classifier.classify(volume, boxes)
    done("classify")
    write_results(out, volume, boxes, result, write_scene)
    done("files")
    seconds["network"] = sum(passes)
    print(json.dumps({"seconds": seconds, "peak_mib": peak_mib(), "slices": len(result.p)}))


if __name__ == "__main__":
    main()
