"""All speed benchmarks in one run, from the repository's root:

    python -m Testing.benchmarks.speed OUT [--topics classification,startup] [--accuracy] [--quick]

Prints a table and writes OUT/speed.json; what is made on the way stays in OUT/work. With
``--accuracy`` also what the fast way of classifying changes in probabilities and votes.
"""

from __future__ import annotations

import argparse
import importlib
from importlib.util import find_spec
from pathlib import Path

from .common import Row, machine_in_words, table, write_json

TOPICS = ("classification", "end_to_end", "slices", "startup", "training", "export", "scale")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--topics", help=f"comma between; default: {','.join(TOPICS)}")
    parser.add_argument("--quick", action="store_true", help="small and short, to see that it runs")
    parser.add_argument("--accuracy", action="store_true", help="the topic accuracy too")
    options = parser.parse_args()
    chosen = options.topics.split(",") if options.topics else list(TOPICS)
    chosen += ["accuracy"] if options.accuracy else []
    present = [name for name in chosen if find_spec(f"{__package__}.{name}")]
    if missing := sorted(set(chosen) - set(present)):
        print(f"no such topic: {', '.join(missing)}")
    work = options.out / "work"
    work.mkdir(parents=True, exist_ok=True)
    found: dict[str, list[Row]] = {}
    for name in present:
        found[name] = importlib.import_module(f"{__package__}.{name}").rows(work, options.quick)
        print(f"\n{name}\n\n{table(found[name])}", flush=True)
        # After every topic, so that a run cut short has left something.
        write_json(options.out / "speed.json", machine_in_words(), found)
    print(f"\non {machine_in_words()}; {options.out / 'speed.json'}")


if __name__ == "__main__":
    main()
