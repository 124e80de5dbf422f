"""``gastricdiff evaluate``."""

from __future__ import annotations

import argparse
from pathlib import Path

from GastricDiffLib import RESEARCH_USE
from GastricDiffLib.cli.arguments import add_device, add_seed
from GastricDiffLib.cli.command import Command
from GastricDiffLib.cli.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of this command."""
    parser.add_argument("model", type=Path, help="a .safetensors")
    parser.add_argument("dataset", type=Path, help="a dataset folder")
    parser.add_argument("--split", default="test", choices=("train", "val", "test"))
    parser.add_argument("--out", type=Path, required=True, help="new folder")
    add_device(parser)
    add_seed(parser)


def run(options: argparse.Namespace, console: Console) -> None:
    """Judge a model by labelled cases."""
    from GastricDiffLib.cohort.dataset import Dataset
    from GastricDiffLib.compare.evaluation import EVALUATION_FILES, counts, table, write_evaluation
    from GastricDiffLib.files import new_folder
    from GastricDiffLib.inference.model_file import load_model
    from GastricDiffLib.inference.predict import evaluable_cases, predict
    from GastricDiffLib.memory import keep_memory

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


COMMAND = Command("judge a model by the labelled cases of a dataset", add_arguments, run, order=60)
