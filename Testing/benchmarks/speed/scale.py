"""What 10, 100 and 1,000 small cases cost to export, split, open and read: time and memory.

Each phase runs in a process of its own. Rates are compared with that of the smallest cohort:
a ratio of 1 or more means that the cost grows linearly at most (a little is paid once).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from .cohorts import noise_cohort
from .common import Row
from .scale_phase import PHASES

SHAPE = (12, 48, 48)


def rows(work: Path, quick: bool) -> list[Row]:
    counts = (10, 30) if quick else (10, 100, 1000)
    found: dict[str, list[dict[str, Any]]] = {phase: [] for phase in PHASES}
    for count in counts:
        cohort = noise_cohort(work / f"cohort-{count}", count, SHAPE)
        dataset = work / f"dataset-{count}"
        shutil.rmtree(dataset, ignore_errors=True)
        for phase in PHASES:
            found[phase].append(_run(phase, cohort, dataset))
    result = []
    for phase, what in PHASES.items():
        first = found[phase][0]
        for count, one in zip(counts, found[phase], strict=True):
            rate, base = count / one["seconds"], counts[0] / first["seconds"]
            note = f"{1e3 * one['cpu_seconds'] / count:.3g} ms of the processor a case"
            name = f"{what}, {count} cases"
            result.append(Row(name, rate, "cases/s", base, rate / base, note=note))
        for count, one in zip(counts, found[phase], strict=True):
            if one["peak_mib"]:
                peak, base = one["peak_mib"], first["peak_mib"]
                name = f"peak memory of that, {count} cases"
                result.append(Row(name, peak, "MiB", base, base / peak))
    return result


def _run(phase: str, cohort: Path, dataset: Path) -> dict[str, Any]:
    call = [sys.executable, "-m", f"{__package__}.scale_phase", phase, str(cohort), str(dataset)]
    done = subprocess.run(call, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])
