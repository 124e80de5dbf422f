"""``index.html``: the contact sheets of a whole cohort on one page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Any

from GastricDiffLib import RESEARCH_USE
from GastricDiffLib.cohort.manifest import SPLITS

_STYLE = """
body { margin: 2rem auto; max-width: 1100px; padding: 0 1rem; background: #0f1216;
  color: #eef2f6; font: 16px/1.5 system-ui, sans-serif; }
.use { color: #f5a65a; font-weight: bold; }
table { border-collapse: collapse; }
th, td { padding: .2rem 1.2rem .2rem 0; text-align: right; }
th:first-child, td:first-child { text-align: left; }
figure { margin: 2rem 0; }
figcaption { color: #9aa7b4; margin-bottom: .3rem; }
figcaption b { color: #eef2f6; }
img { width: 100%; height: auto; aspect-ratio: 1040 / 512; display: block; }
"""


def render_gallery(
    cases: Sequence[dict[str, Any]], classes: Sequence[str], skipped: int, notes: Sequence[str]
) -> str:
    """The page over the cases of ``dataset.json``, pictures linked by relative paths."""
    held = f"{len(cases)} case{'s' * (len(cases) != 1)}"
    left_out = f", {skipped} skipped when the cohort was exported" if skipped else ""
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><title>GastricDiff cohort</title>',
        f"<style>{_STYLE}</style></head><body>",
        f"<h1>Cohort of {held}</h1>",
        f'<p class="use">{RESEARCH_USE}</p>',
        f"<p>{held}{left_out}. Look at every sheet: does the box hold the tumour, is the "
        "patient's right on the left, the spine at the bottom, the chest at the top of the "
        "coronal view?</p>",
        _counts(cases, classes),
        *(f"<p>{escape(note)}</p>" for note in notes),
        *(_figure(case, classes) for case in cases),
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def _counts(cases: Sequence[dict[str, Any]], classes: Sequence[str]) -> str:
    counts = Counter((case["split"], case["label"]) for case in cases)
    head = "".join(f"<th>{escape(name)}</th>" for name in classes)
    lines = [
        f"<tr><td>{split}</td><td>{counts[split, 0]}</td><td>{counts[split, 1]}</td></tr>"
        for split in SPLITS
    ]
    return f"<table><tr><th>split</th>{head}</tr>{''.join(lines)}</table>"


def _figure(case: dict[str, Any], classes: Sequence[str]) -> str:
    name, label = case["pseudonym"], escape(classes[case["label"]])
    spacing = " × ".join(f"{step:g}" for step in case["spacing"])
    height, width = case["shape"]
    about = (
        f"<b>{name}</b> · {label} · {case['split']} · patient {case['patient']} · "
        f"{case['slices']} slices of {height} × {width}, spacing {spacing} mm"
    )
    return (
        f'<figure id="{name}"><figcaption>{about}</figcaption>'
        f'<img src="{name}/preview.png" alt="slices of case {name}" loading="lazy"></figure>'
    )
