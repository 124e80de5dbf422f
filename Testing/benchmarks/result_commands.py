"""The commands whose results ``same_results.py`` compares, and what is compared of each.

In a call, ``{inputs}`` is the folder of what both trees start from, ``{out}`` the command's own,
``{real}`` that of the real CT, ``{cam}`` what the tree calls the class activation map, and
``{case0}`` and ``{case1}`` are the test cases of label 0 and 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from differences import Difference, by_bytes, by_tensor, by_value


class Check(NamedTuple):
    """Files of a command's output, how they are compared, and whether they must be equal."""

    files: str
    how: Callable[[Path, Path], Difference | None] = by_bytes
    note: str = ""
    must: bool = True
    listed: bool = False  # each value that differs


class Command(NamedTuple):
    name: str
    call: str
    checks: Sequence[Check]


def classify(name: str, ct: str, roi: str, more: str = "--brief") -> Command:
    but_seconds = partial(by_value, without=("seconds",))
    checks = [
        Check("slices.csv"),
        Check("heat.nrrd"),
        Check("case.json", but_seconds, "but seconds"),
    ]
    if "--brief" not in more:
        checks.append(Check("overview.png"))
    return Command(f"classify-{name}", f"classify {ct} --roi {roi} --out {{out}} {more}", checks)


def image(name: str) -> tuple[str, str]:
    stem = f"{{inputs}}/phantoms8/images/{name}"
    return f"{stem}.nrrd", f"{stem}.mrk.json"


def reported(files: str, listed: bool = True) -> Check:
    """Values that a version may change, which does the same sums in another precision."""
    return Check(files, by_value, "may differ", must=False, listed=listed)


TRAIN = "train {inputs}/dataset8 --width 0.125 --size 64 --epochs 2 --window -100 200 --out "
EXPORT = "export {inputs}/%s/cohort.csv %s --key {inputs}/key"
LATER_INPUTS = (
    "phantom {inputs}/phantoms24 --cases 24",
    EXPORT % ("phantoms8", "{inputs}/dataset8"),
    EXPORT % ("phantoms24", "{inputs}/dataset24"),
    TRAIN + "{inputs}/small",
)
MODEL = "{inputs}/%s/model.safetensors"
MODELS = ("small", "demo")
REAL = ("{real}/abdomen-dicom", "{real}/abdomen-roi.mrk.json")
NODULE = ("{real}/nodules/ct/nodule-0002.nii.gz", "{real}/nodules/roi/nodule-0002.mrk.json")
COMMANDS = (
    classify("real", *REAL, ""),
    classify("real-cam", *REAL, "--brief --heat {cam}"),
    classify("nodule", *NODULE),
    classify("phantom", *image("case-001"), ""),
    classify("tilted", "{inputs}/tilted.nrrd", image("case-001")[1]),
    *(
        classify(f"{model}-{label}", *image(f"{{case{label}}}"), f"--brief --model {MODEL % model}")
        for model in MODELS
        for label in "01"
    ),
    Command("phantom", "phantom {out} --cases 6 --seed 11", [Check(".")]),
    Command("export", EXPORT % ("phantoms8", "{out}"), [Check(".")]),
    Command(
        "train",
        TRAIN + "{out}",
        [Check("history.csv"), Check("model.safetensors", by_tensor, "but date, versions")],
    ),
    *(
        Command(
            f"evaluate-{model}",
            f"evaluate {MODEL % model} {{inputs}}/dataset8 --out {{out}}",
            [reported("predictions.csv", listed=False), reported("metrics.json")],
        )
        for model in MODELS
    ),
    Command(
        "compare",
        "compare {inputs}/dataset24 --folds 3 --width 0.0625 --size 32 --epochs 2"
        " --batch-size 32 --out {out}",
        [
            Check("runs/**/history.csv"),
            Check("runs/**/model.safetensors", by_tensor, "but date, versions"),
            reported("runs/**/predictions.csv", listed=False),
            *map(reported, ("table3.csv", "table4.csv", "metrics.csv", "tests.csv")),
        ],
    ),
)
