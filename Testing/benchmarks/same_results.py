"""Whether two versions of this repository give the same results, command by command.

    python Testing/benchmarks/same_results.py TREE_A TREE_B OUT [--only NAME,...]

A tree is a checkout, or a git revision, which gets a worktree for the time. Each command of
``result_commands.py`` runs on both by the same Python with one thread, from the same phantoms,
datasets and models, which tree A makes first. Ends with status 1 where something differs that
must be equal.

Real CT is looked for as the tests do (``GASTRICDIFF_SHARED_DATA``, or ``shared/data`` beside the
checkout); without it what needs it is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import SimpleITK as sitk
from differences import Difference, read_csv
from result_commands import COMMANDS, LATER_INPUTS, MODELS, Check, Command, image

REPOSITORY = Path(__file__).resolve().parents[2]
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
VERSION = "version.txt"
SPLIT = ("train", "train", "val", "test")
"""Of the four phantoms of each class, so that the label tells the two test cases apart."""
TILT = (0.3, 0.2, 0.1)
"""Radians about x, y and z."""
FEW = 10
"""Values shown of those that are not listed all."""


class Side:
    """One tree, and the folder that its results lie in."""

    def __init__(self, tree: Path, folder: Path, inputs: Path, real: Path | None) -> None:
        self.tree, self.folder = tree, folder
        self.places = {"inputs": str(inputs), "real": str(real)}
        self.environment = os.environ | ONE_THREAD | {"PYTHONPATH": str(tree)}
        self.environment |= {"PYTHONDONTWRITEBYTECODE": "1"}
        source = Path(self._python("-c", "import GastricDiffLib as g; print(g.__file__)").strip())
        if not source.is_relative_to(tree):
            raise SystemExit(f"{tree}: Python takes GastricDiffLib from {source}")
        words = self._python("-m", "GastricDiffLib", "classify", "--help")
        self.places["cam"] = "evidence" if "evidence" in words else "cam"

    def _python(self, *arguments: str) -> str:
        call = [sys.executable, *arguments]
        done = subprocess.run(
            call, cwd=self.tree, env=self.environment, text=True, capture_output=True
        )
        if done.returncode:
            raise RuntimeError((done.stderr.strip() or done.stdout.strip()).splitlines()[-1])
        return done.stdout

    def run(self, call: str, out: str = "") -> None:
        places = self.places | {"out": out}
        self._python("-m", "GastricDiffLib", *(part.format(**places) for part in call.split()))

    def result(self, command: Command) -> Path:
        """The folder of the command's results, made unless it is complete; RuntimeError."""
        folder = self.folder / command.name
        if not self.has(command.name):
            shutil.rmtree(folder, ignore_errors=True)
            folder.parent.mkdir(parents=True, exist_ok=True)
            self.run(command.call, str(folder))
            (self.folder / f"{command.name}.done").touch()
        return folder

    def has(self, name: str) -> bool:
        return (self.folder / f"{name}.done").exists()

    def require_same_version(self) -> None:
        """Results that are there already, if any, are of the tree as it is now; SystemExit."""
        call = ["git", "-C", str(self.tree), "describe", "--always", "--dirty", "--abbrev=40"]
        version = subprocess.run(call, check=True, text=True, capture_output=True).stdout
        kept = self.folder / VERSION
        if kept.exists() and kept.read_text(encoding="ascii") != version:
            raise SystemExit(f"{self.folder} is of another version: leave out --reuse-a")
        self.folder.mkdir(parents=True, exist_ok=True)
        kept.write_text(version, encoding="ascii")


def make_inputs(side: Side) -> None:
    """Phantoms with a split, one of them tilted, their datasets, a trained and the demo model."""
    inputs = Path(side.places["inputs"])
    if not (inputs / "done").exists():
        shutil.rmtree(inputs, ignore_errors=True)
        (inputs / "demo").mkdir(parents=True)
        (demo,) = (side.tree / "Resources" / "Models").glob("*.safetensors")
        shutil.copy(demo, inputs / "demo" / "model.safetensors")
        (inputs / "key").write_text("5a" * 32 + "\n", encoding="ascii")
        side.run("phantom {inputs}/phantoms8 --cases 8 --seed 3")
        add_split(inputs / "phantoms8" / "cohort.csv")
        write_tilted(*(part.format(**side.places) for part in image("case-001")))
        for call in LATER_INPUTS:
            side.run(call)
        (inputs / "done").touch()


def add_split(cohort: Path) -> None:
    first, *rows = cohort.read_text(encoding="utf-8").splitlines()
    names = {label: iter(SPLIT) for label in {row.rpartition(",")[2] for row in rows}}
    rows = [f"{row},{next(names[row.rpartition(',')[2]])}" for row in rows]
    cohort.write_text("\n".join([f"{first},split", *rows, ""]), encoding="utf-8")


def tested_cases(inputs: Path) -> dict[str, str]:
    rows = [row for row in read_csv(inputs / "phantoms8/cohort.csv") if row["split"] == "test"]
    return {f"case{int(row['label'] == 'differentiated')}": row["case_id"] for row in rows}


def write_tilted(ct: str, roi: str) -> None:
    """The CT turned about the centre of its box, beside the folder of the phantoms."""
    volume = sitk.ReadImage(ct)
    centre = json.loads(Path(roi).read_text(encoding="utf-8"))["markups"][0]["center"]
    turn = sitk.Euler3DTransform(centre, *TILT)
    rotation = sitk.AffineTransform(turn.GetMatrix(), (0, 0, 0))
    columns = [rotation.TransformPoint(volume.GetDirection()[k::3]) for k in range(3)]
    volume.SetOrigin(turn.TransformPoint(volume.GetOrigin()))
    volume.SetDirection([column[row] for row in range(3) for column in columns])
    sitk.WriteImage(volume, str(Path(ct).parents[2] / "tilted.nrrd"), useCompression=True)


def compared(command: Command, a: Side, b: Side) -> Iterator[tuple[Check, Difference | None]]:
    """Each check of a command with what differs."""
    try:
        one, two = (side.result(command) for side in (a, b))
    except RuntimeError as error:
        yield Check("the command"), Difference(f"failed: {error}")
        return
    for check in command.checks:
        pattern = check.files
        names = [
            # The folder itself is nothing to search for.
            [Path()] if pattern == "." else sorted(p.relative_to(side) for p in side.glob(pattern))
            for side in (one, two)
        ]
        if names[0] != names[1] or not names[0]:
            yield check, Difference(f"{len(names[0])} files in a, {len(names[1])} in b")
            continue
        found = [d for name in names[0] if (d := check.how(one / name, two / name))]
        # One that is no change of values alone comes first.
        worst = max(found, key=lambda one: (not one.values, one.largest), default=None)
        if worst and len(names[0]) > 1:
            summary = f"{len(found)} of {len(names[0])} files, most: {worst.summary}"
            worst = worst._replace(summary=summary)
        yield check, worst


def evaluated_as_classified(side: Side, model: str) -> str:
    """How far p of ``evaluate`` lies from that of ``classify``, for the slices of the test cases.

    The label tells which case is which; both go through its slices in the same order.
    """
    largest, count = 0.0, 0
    for label in "01":
        rows = read_csv(side.folder / f"evaluate-{model}" / "predictions.csv")
        evaluated = [float(row["p"]) for row in rows if row["label"] == label]
        slices = read_csv(side.folder / f"classify-{model}-{label}" / "slices.csv")
        classified = [float(row["p_differentiated"]) for row in slices]
        pairs = list(zip(evaluated, classified, strict=True))
        largest = max(largest, *(abs(x - y) for x, y in pairs))
        count += len(pairs)
    return f"p of {count} slices by at most {largest:.2g}"


@contextmanager
def checkout(tree: str) -> Iterator[Path]:
    """A checkout as it is, or a worktree of a revision for the time."""
    if Path(tree).is_dir():
        yield Path(tree).resolve()
        return
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder).resolve() / "tree"
        git = ["git", "-C", str(REPOSITORY), "worktree"]
        if subprocess.run([*git, "add", "--quiet", "--detach", str(place), tree]).returncode:
            raise SystemExit(f"{tree} is neither a folder nor a revision")
        try:
            yield place
        finally:
            subprocess.run([*git, "remove", "--force", str(place)], check=True)


def real_ct() -> Path | None:
    named = os.environ.get("GASTRICDIFF_SHARED_DATA")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "data"
    return folder.resolve() if (folder / "abdomen-dicom").is_dir() else None


def table(rows: list[tuple[str, str, str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tree_a", help="a checkout or a git revision")
    parser.add_argument("tree_b", help="the same")
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", help=",".join(one.name for one in COMMANDS))
    parser.add_argument("--reuse-a", action="store_true", help="OUT/inputs and OUT/a of before")
    parser.add_argument("--keep", action="store_true", help="leave OUT/inputs, OUT/a and OUT/b")
    options = parser.parse_args()
    real = real_ct()
    chosen = options.only.split(",") if options.only else [one.name for one in COMMANDS]
    if unknown := sorted(set(chosen) - {one.name for one in COMMANDS}):
        parser.error(f"no such command: {', '.join(unknown)}")
    commands = [one for one in COMMANDS if one.name in chosen]
    inputs, *folders = (options.out.resolve() / name for name in ("inputs", "a", "b"))
    temporary = folders[1:] if options.reuse_a else [inputs, *folders]
    if options.out.exists() and any(options.out.iterdir()) and not (folders[0] / VERSION).exists():
        parser.error(f"{options.out} is there and not of an earlier run")
    for folder in temporary:
        shutil.rmtree(folder, ignore_errors=True)
    with ExitStack() as stack:
        trees = [stack.enter_context(checkout(one)) for one in (options.tree_a, options.tree_b)]
        a, b = (Side(*pair, inputs, real) for pair in zip(trees, folders, strict=True))
        a.require_same_version()
        make_inputs(a)
        for side in (a, b):
            side.places |= tested_cases(inputs)
        rows, lists, failed = [("command", "compared", "outcome")], [], False
        for command in commands:
            if "{real}" in command.call and real is None:
                rows.append((command.name, "", "left out, no real CT"))
                continue
            print(f"{command.name} …", file=sys.stderr, flush=True)
            for check, found in compared(command, a, b):
                what = f"{check.files} ({check.note})" if check.note else check.files
                rows.append((command.name, what, f"differs: {found.summary}" if found else "equal"))
                if found:
                    failed |= check.must or not found.values
                    shown = found.values if check.listed else found.values[:FEW]
                    lists += [f"\n{command.name}, {check.files}: {found.summary}", *shown]
        for model in MODELS:
            needed = {f"evaluate-{model}", *(f"classify-{model}-{label}" for label in "01")}
            if needed <= set(chosen) and all(map(b.has, needed)):
                for name, side in (("a", a), ("b", b)):
                    apart = evaluated_as_classified(side, model)
                    rows.append((f"evaluate-{model}", f"against classify, both of {name}", apart))
    print("\n".join([table(rows), *lists]))
    if not options.keep:
        for folder in temporary:
            shutil.rmtree(folder, ignore_errors=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
