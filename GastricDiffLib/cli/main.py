"""The command line ``gastricdiff``."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, NoReturn

from GastricDiffLib import RESEARCH_USE, __version__
from GastricDiffLib.cli.console import Console
from GastricDiffLib.cli.parser import Parser
from GastricDiffLib.errors import Cancelled, InputError, ReportedElsewhere
from GastricDiffLib.log import log_exception
from GastricDiffLib.viewer.arguments import add_receive, add_session, add_view

EXIT_DONE, EXIT_BUG, EXIT_INPUT, EXIT_CANCELLED = 0, 1, 2, 130
JOINT = {"train", "compare"}  # what torchrun may start


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code.

    0 done; 2 the input or the call is at fault, one ``error:`` line on stderr; 130 cancelled;
    1 a fault of the program, with its traceback in the log.
    """
    words = sys.argv[1:] if arguments is None else arguments
    console = Console("--events" in words)
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _ended(lambda: _run(words, console), console)
    finally:
        signal.signal(signal.SIGTERM, previous)


def _run(words: Sequence[str], console: Console) -> int:
    """One command's exit code, from this process or from one of several."""
    with _joined(words, console) as sync_errors:

        def command() -> int:
            with sync_errors():
                options = build_parser().parse_args(words)
            from GastricDiffLib.cli import commands

            getattr(commands, options.command)(options, console)
            return EXIT_DONE

        # Told before the group is left: torchrun ends all processes when it sees the first end.
        return _ended(command, console)


@contextmanager
def _joined(
    words: Sequence[str], console: Console
) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Work as one with the other processes that torchrun started, if it did; the first speaks.

    Gives ``sync_errors``.
    """
    if "LOCAL_RANK" not in os.environ or not JOINT.intersection(words[:1]):
        yield nullcontext
        return
    from GastricDiffLib.train import distributed

    with distributed.joined():
        console.muted = not distributed.is_main()
        yield distributed.sync_errors
        console.muted = True


def _ended(work: Callable[[], int], console: Console) -> int:
    """The exit code of ``work``, after telling the user what ended it."""
    try:
        return work()
    except ReportedElsewhere:
        return EXIT_INPUT
    except InputError as error:
        console.error(str(error))
        return EXIT_INPUT
    except (Cancelled, KeyboardInterrupt):
        if not console.muted:
            console.error("cancelled")
        return EXIT_CANCELLED
    except BrokenPipeError:
        # The reader went away, as with `| head`: nothing is left to tell it.
        sys.stderr.close()
        return EXIT_DONE
    except Exception as error:
        log = log_exception("unexpected error")
        where = f"the traceback is in {log}" if log else "no log could be written"
        console.error(f"unexpected {type(error).__name__}; {where}")
        return EXIT_BUG


def _interrupt(signum: int, frame: Any) -> NoReturn:
    raise KeyboardInterrupt


def build_parser() -> argparse.ArgumentParser:
    """The parser of every command; ``options.command`` names a function of ``commands``."""
    parser = Parser(
        prog="gastricdiff",
        description="Differentiated or undifferentiated: gastric tumours on CT.",
        epilog=RESEARCH_USE,
    )
    parser.add_argument("--version", action="version", version=f"gastricdiff {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, summary: str, long: bool = True) -> Parser:
        one = subparsers.add_parser(name, help=summary, description=summary, epilog=RESEARCH_USE)
        parser.commands.append(name)
        if long:
            one.add_argument("--events", action="store_true", help="print JSON lines")
        return one

    def device(one: argparse.ArgumentParser) -> None:
        one.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")

    def seed(one: argparse.ArgumentParser) -> None:
        one.add_argument("--seed", type=_seed, default=0, help="of all random draws")

    demo = add("demo", "classify a phantom CT by the bundled demo model")
    demo.add_argument("--out", type=Path, default=Path("gastricdiff-demo"), help="output folder")
    device(demo)
    seed(demo)

    phantom = add("phantom", "write a synthetic labelled cohort")
    phantom.add_argument("out", type=Path, help="new folder")
    phantom.add_argument("--cases", type=int, default=60, help="number of cases")
    phantom.add_argument("--difficulty", type=float, help="0 (easy) to 1 (hard)")
    seed(phantom)

    export = add("export", "turn a labelled cohort into a de-identified dataset")
    export.add_argument("cohort", type=Path, help="cohort.csv")
    export.add_argument("out", type=Path, help="new folder, or one to continue in")
    export.add_argument(
        "--classes", default="undifferentiated,differentiated", help="NEGATIVE,POSITIVE"
    )
    export.add_argument("--key", type=Path, help="of the pseudonyms (default: OUT.key)")
    export.add_argument(
        "--carry", metavar="A,B", help="columns to carry along (default: harmless numbers)"
    )
    export.add_argument("--workers", type=_count, help="processes (default: a core each, 8)")
    seed(export)

    train = add("train", "train a system on a dataset")
    train.add_argument("dataset", type=Path, help="a dataset folder, or a cohort.csv")
    train.add_argument("--out", type=Path, required=True, help="the run's folder; continues there")
    _add_settings(train)
    train.add_argument("--weights", type=Path, help="ImageNet weights to start from, .safetensors")
    train.add_argument("--note", default="", help="what a user of the model must know")
    device(train)
    seed(train)

    compare = add("compare", "train and judge several systems by one protocol")
    compare.add_argument("dataset", type=Path, help="a dataset folder")
    compare.add_argument("--out", type=Path, required=True, help="its folder; continues there")
    compare.add_argument("--systems", metavar="A,B", help="by name (default: all eight)")
    compare.add_argument("--folds", type=int, help="K folds by patient (default: its own split)")
    compare.add_argument("--repeats", type=_count, default=1, help="seeds, from --seed on")
    compare.add_argument("--workers", type=_count, default=1, help="runs at a time, on a CPU")
    _add_settings(compare, leave_out=("system",))
    device(compare)
    seed(compare)

    evaluate = add("evaluate", "judge a model by the labelled cases of a dataset")
    evaluate.add_argument("model", type=Path, help="a .safetensors")
    evaluate.add_argument("dataset", type=Path, help="a dataset folder")
    evaluate.add_argument("--split", default="test", choices=("train", "val", "test"))
    evaluate.add_argument("--out", type=Path, required=True, help="new folder")
    device(evaluate)
    seed(evaluate)

    classify = add("classify", "classify a CT with a box around the tumour")
    classify.add_argument("ct", type=Path, help="a DICOM folder, or a file such as .nii.gz")
    classify.add_argument("--roi", type=Path, required=True, help="Slicer's .mrk.json")
    classify.add_argument("--model", type=Path, help="a .safetensors (default: the demo model)")
    classify.add_argument("--out", type=Path, required=True, help="output folder")
    classify.add_argument("--series", help="number or description, where a folder holds several")
    classify.add_argument("--heat", default="attention", help="attention or cam")
    classify.add_argument("--brief", action="store_true", help="no picture, no scene")
    device(classify)

    view = add("view", "open the tool in a browser")
    add_view(view, _count)
    device(view)
    # What the viewer starts; without a summary the help does not tell of them.
    add_session(subparsers.add_parser("session"))
    add_receive(subparsers.add_parser("receive"))

    info = add("info", "what a model file says of itself, or what systems there are", long=False)
    asked = info.add_mutually_exclusive_group(required=True)
    asked.add_argument("model", type=Path, nargs="?", help="a .safetensors")
    asked.add_argument("--systems", action="store_true", help="list the systems and their sizes")
    return parser


def _seed(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("a seed is 0 or more")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return value


SETTINGS: dict[str, tuple[Callable[[str], Any], str]] = {
    "system": (str, "by name, see info --systems"),
    "width": (float, "factor on all channel counts"),
    "size": (int, "pixels of the square input"),
    "scope": (str, "slices: roi or all"),
    "crop": (float, "0: whole slices; else the crop's side in box sides, such as 2"),
    "merge": (str, "attention map into the head: concat, gate or none"),
    "normalise": (str, "of attention maps: l2, softmax or minmax"),
    "teacher": (str, "mask or intensity"),
    "lam": (float, "λ, weight of TAD"),
    "beta": (float, "β, weight of TAD's second term"),
    "gamma": (float, "γ of the focal loss"),
    "augment": (str, "copies (as in the paper) or all"),
    "epochs": (int, "at most"),
    "patience": (int, "epochs without a better validation AUC"),
    "batch-size": (int, "slices a step"),
    "lr": (float, "highest learning rate"),
    "weight-decay": (float, "of AdamW"),
}


def _add_settings(train: Parser, leave_out: Sequence[str] = ()) -> None:
    """Their defaults stand in ``TrainConfig`` alone."""
    absent = argparse.SUPPRESS
    for name, (kind, text) in SETTINGS.items():
        if name in leave_out:
            continue
        flags = [f"--{name}"] + (["--lambda"] if name == "lam" else [])
        train.settings.append(train.add_argument(*flags, type=kind, default=absent, help=text))
    window = train.add_argument(
        "--window",
        type=float,
        nargs=2,
        metavar=("LOW", "HIGH"),
        default=absent,
        help="HU that enter the network",
    )
    train.settings.append(window)
