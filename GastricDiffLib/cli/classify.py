"""``gastricdiff classify``."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from GastricDiffLib import RESEARCH_USE
from GastricDiffLib.cli.arguments import add_device
from GastricDiffLib.cli.command import Command
from GastricDiffLib.cli.console import Console
from GastricDiffLib.results.heat_kinds import DEFAULT_HEAT, HEAT_KINDS

if TYPE_CHECKING:
    from GastricDiffLib.ct import BoxROI, CTVolume
    from GastricDiffLib.inference.classifier import Classifier


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of this command."""
    parser.add_argument("ct", type=Path, help="a DICOM folder, or a file such as .nii.gz")
    parser.add_argument("--roi", type=Path, required=True, help="Slicer's .mrk.json")
    parser.add_argument("--model", type=Path, help="a .safetensors (default: the demo model)")
    parser.add_argument("--out", type=Path, required=True, help="output folder")
    parser.add_argument("--series", help="number or description, where a folder holds several")
    parser.add_argument(
        "--heat",
        choices=tuple(HEAT_KINDS),
        default=DEFAULT_HEAT,
        help="; ".join(f"{name}: {kind.help}" for name, kind in HEAT_KINDS.items()),
    )
    parser.add_argument("--brief", action="store_true", help="no picture, no scene")
    add_device(parser)


def run(options: argparse.Namespace, console: Console) -> None:
    """Classify one CT."""
    from GastricDiffLib.ct import read_volume

    classify_files(options, console, read_volume)


def classify_files(
    options: argparse.Namespace,
    console: Console,
    read: Callable[[Path, str | None], CTVolume],
    load: Callable[[Path, str], Classifier] | None = None,
) -> None:
    """Classify the CT that the arguments name.

    Parameters
    ----------
    options
        As parsed.
    console
        Progress, notes and the result go there.
    read, load
        How a CT and a model come into memory: a worker keeps both.
    """
    from GastricDiffLib.ct import read_roi

    rois = read_roi(options.roi)
    if len(rois) > 1:
        console.note(f"{len(rois)} boxes in the ROI file are taken together")
    volume = read(options.ct, options.series)
    classify_case(
        volume,
        rois,
        options.out,
        console,
        options.model,
        options.device,
        options.heat,
        options.brief,
        load,
    )


def classify_case(
    volume: CTVolume,
    rois: Sequence[BoxROI],
    out: Path,
    console: Console,
    model: Path | None = None,
    device: str = "auto",
    heat: str = DEFAULT_HEAT,
    brief: bool = False,
    load: Callable[[Path, str], Classifier] | None = None,
) -> None:
    """Classify a CT and write all files of the result into ``out``.

    Parameters
    ----------
    volume
        CT in HU.
    rois
        The box around the tumour, in the volume's LPS frame; of several the union.
    out
        Folder, made where there is none.
    console
        Progress, notes and the result go there.
    model
        A model file; None for the bundled demo model.
    device, heat
        As on the command line.
    brief
        No picture and no scene.
    load
        How the model comes into memory, where it is kept; by default it is read, and its memory
        given back before the files are written.

    Raises
    ------
    InputError
        The output cannot be written; the model, the CT and the box do not go together.
    """
    from GastricDiffLib.classify import Classifier
    from GastricDiffLib.memory import give_back_memory, keep_memory
    from GastricDiffLib.resources import demo_model
    from GastricDiffLib.results.files import prepare_output, write_results

    prepare_output(out)
    keep_memory()
    classifier = (load or Classifier.load)(model or demo_model(), device)
    result = classifier.classify(volume, rois, console.progress, heat)
    # What follows needs memory for the heat, and none of the network.
    del classifier
    if load is None:
        give_back_memory()
    for note in result.notes:
        console.note(note)
    if brief:
        paths = write_results(out, volume, rois, result, brief=True)
    else:
        from GastricDiffLib.scene import write_scene

        paths = write_results(out, volume, rois, result, write_scene)
    share = max(result.votes_positive, result.votes_negative)
    console.result(
        vote=f"{result.vote} ({share} of {len(result.p)} slices, mean p {result.p_mean:.3f})",
        **{path.name: path for path in paths},
        note=RESEARCH_USE,
    )


COMMAND = Command("classify a CT with a box around the tumour", add_arguments, run, order=70)
