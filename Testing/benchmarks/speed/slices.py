"""What ``gastricdiff classify`` costs by the number of slices: time and memory.

Rates, without Python's start and imports, are compared with that of the smallest CT: a ratio of
1 or more means that the cost grows linearly at most.
"""

from __future__ import annotations

from pathlib import Path

from GastricDiffLib.nets.input import InputSpec
from Testing.made_models import fresh_model

from .common import Row
from .end_to_end import SYSTEM, made_case, run_command

PARTS = ("read", "load", "classify", "write")


def rows(work: Path, quick: bool) -> list[Row]:
    counts, side = ((8, 16), 256) if quick else ((64, 128, 256, 512), 512)
    model = fresh_model(work / "all.safetensors", SYSTEM, InputSpec(std=0.3, scope="all"))
    found = []
    for count in counts:
        dicom, roi = made_case(work / f"ct-{count}-{side}-{side}", (count, side, side))
        found.append(run_command(dicom, roi, model, work / "result"))
    rates = [
        count / sum(one["seconds"][part] for part in PARTS)
        for count, one in zip(counts, found, strict=True)
    ]
    result = []
    for count, rate in zip(counts, rates, strict=True):
        name = f"read, classified and written, {count} slices"
        result.append(Row(name, rate, "slices/s", rates[0], rate / rates[0]))
    peaks = [one["peak_mib"] for one in found]
    if None not in peaks:
        held = 6 * side * side / 2**20  # 16 bits of the CT, 32 of its heat
        for count, peak in zip(counts, peaks, strict=True):
            note = f"{peak - held * count:,.0f} MiB beside CT and heat"
            result.append(Row(f"peak memory of that, {count} slices", peak, "MiB", note=note))
    return result
