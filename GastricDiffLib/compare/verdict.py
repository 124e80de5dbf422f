"""The conclusions of a comparison, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from GastricDiffLib.compare.published import AUC
from GastricDiffLib.compare.results import REFERENCE, SystemResult, enough_patients
from GastricDiffLib.compare.tables import overlaps
from GastricDiffLib.metrics.intervals import FEWEST_PATIENTS, interval_text
from GastricDiffLib.metrics.paired import delong, holm

LEVEL = 0.05
MOVED = 0.02  # of intersection over union
_UNTESTED = f"No difference can be tested with fewer than {FEWEST_PATIENTS} patients of a class"
_TAUGHT = {"r50-tad": "resnext50", "r50-imp-dpn-tad": "r50-imp-dpn"}
"""Each system with TAD and the same one without."""


def verdict(results: Sequence[SystemResult], baselines: Sequence[SystemResult]) -> list[str]:
    """Which system to use on this cohort, and how sure that is; a sentence or two each.

    By case AUC. Whether another is worse is asked by DeLong's test (Biometrics 44 (1988)
    837–845), Holm-corrected over the others.

    Parameters
    ----------
    results
        Of the systems, one or more.
    baselines
        What needs no network, on the same cases or some of them.
    """
    ranked = sorted(results, key=lambda result: -result.metrics["case_auc"].value)
    best = ranked[0]
    lines = [f"{best.name} has the highest case AUC, {interval_text(best.metrics['case_auc'])}."]
    lines[0] += " " + _separated(best, ranked[1:])
    if baselines:
        lines += [_against(best, baseline) for baseline in baselines]
    if order := _ordering(results):
        lines.append(order)
    lines += _teaching(results)
    return lines


def signed(value: float) -> str:
    """Such as +0.012 or −0.012."""
    return f"{value:+.3f}".replace("-", "−")


def _separated(best: SystemResult, others: Sequence[SystemResult]) -> str:
    if not others:
        return "No other system was run."
    if not enough_patients(best.predictions[0]):
        return f"{_UNTESTED}: do not expect a difference from any other system."
    tests = holm([_p(best, other) for other in others])
    same = [other.name for other, p in zip(others, tests, strict=True) if not p < LEVEL]
    worse = [other.name for other, p in zip(others, tests, strict=True) if p < LEVEL]
    if not worse:
        return (
            "These cases do not distinguish it from any other system (all p ≥ 0.05): use it, or "
            "the smallest, and do not expect a difference."
        )
    if not same:
        return "All others are worse by more than chance: use it."
    return (
        f"Worse by more than chance: {', '.join(worse)}; not distinguishable from it: "
        f"{', '.join(same)}."
    )


def _against(best: SystemResult, baseline: SystemResult) -> str:
    named = f"{baseline.name} alone reaches {interval_text(baseline.metrics['case_auc'])}"
    if baseline.predictions[0].cases != best.predictions[0].cases:
        return f"{named}, on the cases that have it."
    gain = best.metrics["case_auc"].value - baseline.metrics["case_auc"].value
    if not enough_patients(best.predictions[0]):
        return f"{named}, a difference of {signed(gain)}. {_UNTESTED}."
    p = _p(best, baseline)
    if p < LEVEL:
        return f"{named}; {best.name} is {'better' if gain > 0 else 'worse'} (p = {p:.3g})."
    return (
        f"{named}; the difference of {signed(gain)} is within chance (p = {p:.2g}): on these cases "
        "a network has not yet earned its cost against it."
    )


def _ordering(results: Sequence[SystemResult]) -> str:
    """Whether the systems rank as in the paper."""
    known = [result for result in results if result.name in AUC]
    if len(known) < 3:
        return ""
    ours = np.array([result.metrics["case_auc"].value for result in known])
    paper = np.array([AUC[result.name] for result in known])
    upper = np.triu_indices(len(known), 1)
    agree = np.sign(ours[:, None] - ours)[upper] == np.sign(paper[:, None] - paper)[upper]
    own = next((result for result in known if result.name == REFERENCE), None)
    place = ""
    if own is not None:
        rank = 1 + int((ours > own.metrics["case_auc"].value).sum())
        place = f"; the paper's own system, first there, is number {rank} of {len(known)} here"
    return (
        f"Of the {agree.size} pairs of systems, {int(agree.sum())} stand in the paper's order "
        f"({agree.size / 2:g} would by chance){place}."
    )


def _teaching(results: Sequence[SystemResult]) -> list[str]:
    """What TAD does to where the network looks, and to the AUC."""
    by_name = {result.name: result for result in results}
    lines = []
    for taught, plain in _TAUGHT.items():
        if taught not in by_name or plain not in by_name:
            continue
        with_tad, without = overlaps(by_name[taught]), overlaps(by_name[plain])
        aucs = [by_name[name].metrics["case_auc"].value for name in (taught, plain)]
        moved = "moves" if with_tad["s4"] - without["s4"] > MOVED else "hardly moves"
        lines.append(
            f"TAD {moved} the attention of {plain} onto the ROI: on held-out cases their "
            f"intersection over union is {without['s4']:.2f} without and {with_tad['s4']:.2f} with "
            f"it at S4, {without['s5']:.2f} and {with_tad['s5']:.2f} at S5 "
            f"({without['chance']:.2f} by chance). "
            f"The case AUC changes by {signed(aucs[0] - aucs[1])}."
        )
    if len(lines) == len(_TAUGHT):
        first = results[0].predictions[0]
        with_it = np.concatenate([by_name[name].case_p for name in _TAUGHT])
        without_it = np.concatenate([by_name[name].case_p for name in _TAUGHT.values()])
        if enough_patients(first):
            both = delong(first.labels, with_it, without_it, first.patients)
            lines.append(
                f"Both systems with TAD together against both without: case AUC "
                f"{signed(both.difference)} (p = {both.p:.2g})."
            )
    return lines


def _p(first: SystemResult, second: SystemResult) -> float:
    one = first.predictions[0]
    return delong(one.labels, first.case_p, second.case_p, one.patients).p
