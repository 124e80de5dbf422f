"""The commands of ``gastricdiff``, a function each; heavy rooms are imported when needed."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from GastricDiffLib import CLASSES, RESEARCH_USE
from GastricDiffLib.cli.console import Console
from GastricDiffLib.errors import InputError
from GastricDiffLib.memory import give_back_memory, keep_memory
from GastricDiffLib.resources import demo_model


def phantom(options: argparse.Namespace, console: Console) -> None:
    from GastricDiffLib.phantom import DEFAULT_DIFFICULTY, write_cohort

    difficulty = DEFAULT_DIFFICULTY if options.difficulty is None else options.difficulty
    path = write_cohort(
        options.out,
        options.cases,
        options.seed,
        difficulty,
        console.progress,
    )
    console.result(cohort=path, cases=options.cases)


def export(options: argparse.Namespace, console: Console) -> None:
    from GastricDiffLib.cohort.export import export_cases
    from GastricDiffLib.cohort.summary import summary

    classes = [name.strip() for name in options.classes.split(",")]
    if len(classes) != 2 or not all(classes) or classes[0] == classes[1]:
        raise InputError(f"--classes {options.classes}", hint="give NEGATIVE,POSITIVE")
    carry = None if options.carry is None else [name.strip() for name in options.carry.split(",")]
    exported = export_cases(
        options.cohort, options.out, classes, options.seed, console.progress, options.key, carry,
        options.workers,
    )  # fmt: skip
    for note in exported.notes:
        console.note(note)
    console.result(**summary(exported, classes))
    if exported.skipped:
        raise InputError(
            f"{len(exported.skipped)} cases are not in the dataset",
            options.cohort,
            "correct or remove their rows, then run the same command again: the others are kept",
        )


def train(options: argparse.Namespace, console: Console) -> None:
    from GastricDiffLib.cohort.dataset import Dataset
    from GastricDiffLib.train.config import TrainConfig
    from GastricDiffLib.train.distributed import is_main, sync_errors
    from GastricDiffLib.train.loop import Trainer

    with sync_errors():
        config = TrainConfig(seed=options.seed, **settings_of(options))
        root = options.dataset
        if root.is_file():
            root = options.out / "dataset"
            if is_main():
                _export_into(root, options, console)
    with sync_errors():
        dataset = Dataset.open(root)
    trainer = Trainer(dataset, config, options.out, options.device, options.note, options.weights)
    metadata = trainer.run(console.progress)
    console.result(
        model=options.out / "model.safetensors",
        history=options.out / "history.csv",
        plot=options.out / "history.png",
        **{name: value for name, value in metadata["metrics"].items() if value is not None},
    )


def settings_of(options: argparse.Namespace) -> dict[str, Any]:
    """Those fields of ``TrainConfig`` that the command line names."""
    from GastricDiffLib.cli.main import SETTINGS

    names = [name.replace("-", "_") for name in SETTINGS]
    settings = {name: getattr(options, name) for name in names if hasattr(options, name)}
    if hasattr(options, "window"):
        settings["window"] = tuple(options.window)
    return settings


def compare(options: argparse.Namespace, console: Console) -> None:
    from GastricDiffLib.cohort.dataset import Dataset
    from GastricDiffLib.compare import Plan
    from GastricDiffLib.compare import compare as run_all
    from GastricDiffLib.compare.files import REPORT, write_comparison
    from GastricDiffLib.compare.results import collect
    from GastricDiffLib.compare.tables import CSV_FILES
    from GastricDiffLib.compare.verdict import verdict
    from GastricDiffLib.nets import SYSTEMS
    from GastricDiffLib.train.distributed import is_main, sync_errors

    systems = [name.strip() for name in options.systems.split(",")] if options.systems else SYSTEMS
    seeds = range(options.seed, options.seed + options.repeats)
    with sync_errors():
        plan = Plan(tuple(systems), options.folds, tuple(seeds), settings_of(options))
        dataset = Dataset.open(options.dataset)
    outcomes = run_all(
        dataset, plan, options.out, options.device, options.workers, console.progress, console.say
    )
    console.end_progress()
    if not is_main():
        return
    results = collect(dataset, outcomes)
    baselines = write_comparison(options.out, dataset, plan, results)
    if not options.events:
        print(*verdict(results, baselines), sep="\n", end="\n\n")
    paths = {name: options.out / name for name in (*CSV_FILES, REPORT)}
    console.result(**paths, note=RESEARCH_USE)


def _export_into(root: Path, options: argparse.Namespace, console: Console) -> None:
    """The dataset of a ``cohort.csv`` inside the run's folder; what is there already is kept.

    The key lies beside the run's folder, which may be passed on.
    """
    from GastricDiffLib.cohort.export import export_cohort
    from GastricDiffLib.cohort.pseudonyms import default_key

    key = default_key(options.out.absolute())
    export_cohort(options.dataset, root, seed=options.seed, progress=console.progress, key=key)


def evaluate(options: argparse.Namespace, console: Console) -> None:
    from GastricDiffLib.cohort.dataset import Dataset
    from GastricDiffLib.compare.evaluation import EVALUATION_FILES, counts, table, write_evaluation
    from GastricDiffLib.files import new_folder
    from GastricDiffLib.inference.model_file import load_model
    from GastricDiffLib.inference.predict import evaluable_cases, predict

    keep_memory()
    model, dataset = load_model(options.model), Dataset.open(options.dataset)
    cases = evaluable_cases(dataset, options.split, model)
    trained_on = model.card.metadata.get("training", {}).get("cohort")
    if options.split != "test" and trained_on == dataset.cohort_hash:
        console.note("the model was trained or chosen on these cases: it does better on them")
    with new_folder(options.out) as folder:
        predictions = predict(model, cases, options.device, console.progress)
        found = write_evaluation(folder, model, dataset, options.split, predictions, options.seed)
    console.end_progress()
    values = {name: interval.value for name, interval in found.items()} if options.events else {}
    if not options.events:
        print(table(found, counts(predictions)), end="\n\n")
    paths = {name: options.out / name for name in EVALUATION_FILES}
    console.result(**values, **paths, note=RESEARCH_USE)


def classify(options: argparse.Namespace, console: Console) -> None:
    from GastricDiffLib.ct import read_roi, read_volume

    rois = read_roi(options.roi)
    if len(rois) > 1:
        console.note(f"{len(rois)} boxes in the ROI file are taken together")
    volume = read_volume(options.ct, options.series)
    _classify(volume, rois, options, console)


def _classify(volume: Any, rois: list, options: argparse.Namespace, console: Console) -> None:
    from GastricDiffLib.classify import Classifier
    from GastricDiffLib.results.files import prepare_output, write_results

    prepare_output(options.out)
    keep_memory()
    classifier = Classifier.load(options.model or demo_model(), options.device)
    result = classifier.classify(volume, rois, console.progress, options.heat)
    # What follows needs memory for the heat, and none of the network.
    del classifier
    give_back_memory()
    for note in result.notes:
        console.note(note)
    if options.brief:
        paths = write_results(options.out, volume, rois, result, brief=True)
    else:
        from GastricDiffLib.scene import write_scene

        paths = write_results(options.out, volume, rois, result, write_scene)
    share = max(result.votes_positive, result.votes_negative)
    console.result(
        vote=f"{result.vote} ({share} of {len(result.p)} slices, mean p {result.p_mean:.3f})",
        **{path.name: path for path in paths},
        note=RESEARCH_USE,
    )


def demo(options: argparse.Namespace, console: Console) -> None:
    from GastricDiffLib.cohort.manifest import read_cohort
    from GastricDiffLib.ct import read_roi, read_volume
    from GastricDiffLib.phantom import write_cohort

    with tempfile.TemporaryDirectory() as folder:
        row = read_cohort(write_cohort(Path(folder) / "phantom", 2, options.seed + DEMO_SEED))[0]
        volume, rois = read_volume(row.image), read_roi(row.roi)
    options.model, options.heat, options.brief = demo_model(), "attention", False
    _classify(volume, rois, options, console)
    console.note(f"the phantom was made {CLASSES[row.label]}")


# Far from the seed of the demo model's cohort: it has never seen this case.
DEMO_SEED = 900_000


def view(options: argparse.Namespace, console: Console) -> None:
    from GastricDiffLib.viewer.server.options import Options

    names = ("ct", "roi", "model", "device", "host", "port", "token", "sessions", "certificate")
    given = {name: getattr(options, name) for name in names}
    checked = Options(**given, key=options.key, idle=options.idle * 60).checked()
    # Not before: without the extra there is no server to import.
    from GastricDiffLib.viewer.server.serve import serve

    serve(checked, console)


def session(options: argparse.Namespace, console: Console) -> None:
    from GastricDiffLib.viewer.config import Config
    from GastricDiffLib.viewer.session import run

    run(Config.read(options.config))


def receive(options: argparse.Namespace, console: Console) -> None:
    from GastricDiffLib.viewer.uploads import Limits, receive_upload

    limits = Limits.from_json(options.limits)
    limits.restrict()
    outcome = receive_upload(options.folder, options.out, limits, console.progress)
    for note in outcome.notes:
        console.note(note)
    console.result(kind=outcome.kind, **{path.name: path for path in outcome.files})


def info(options: argparse.Namespace, console: Console) -> None:
    if options.systems:
        _list_systems()
        return
    from GastricDiffLib.files import sha256
    from GastricDiffLib.inference.model_file import read_metadata

    metadata = read_metadata(options.model)
    print(json.dumps({"sha256": sha256(options.model)} | metadata, indent=2))


def _list_systems() -> None:
    from GastricDiffLib.nets import SYSTEMS
    from GastricDiffLib.nets.size import system_size

    row = "{:<16}{:>12}{:>15}  {}"
    print(row.format("system", "parameters", "multiply-adds", "what it is"))
    for name, system in SYSTEMS.items():
        size = system_size(name)
        operations = f"{size.multiply_adds / 1e9:.2f} G"
        print(row.format(name, f"{size.parameters:,}", operations, system.summary))
    print("at width 1, with one channel and two classes; multiply-adds: one slice of 224×224")
