"""What all topics of the speed benchmark share: rows, timing, the machine and its ceiling."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import torch


@dataclass(frozen=True)
class Row:
    """One line of the table.

    ``value``, ``baseline`` and ``ceiling`` are in ``unit``; ``ratio`` is how many times
    better than the baseline the value is, ``share_of_ceiling`` how close to what the machine
    can do at all (1 = there). None where a row has none; ``note`` explains what the row cannot.
    """

    name: str
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    ceiling: float | None = None
    share_of_ceiling: float | None = None
    note: str = ""


def interleaved(
    works: Mapping[str, Callable[[], object]], rounds: int = 5, warm_up: int = 1
) -> dict[str, list[float]]:
    """Seconds of each work in each round, one after the other within a round.

    What else runs on the machine then slows all of them alike: ratios are taken round by
    round. The ``warm_up`` rounds before are not counted.
    """
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for number in range(warm_up + rounds):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            if number >= warm_up:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def rate_row(
    name: str,
    amount: float,
    unit: str,
    seconds: Sequence[float],
    baseline: Sequence[float] | None = None,
    ceiling: Sequence[float] | float | None = None,
    note: str = "",
) -> Row:
    """A row of ``amount`` per second from the rounds' seconds; medians, ratios round by round.

    ``baseline`` and ``ceiling``: the seconds that the same amount takes there; a ``ceiling``
    that is one number is a rate in ``unit``.
    """
    if isinstance(ceiling, float | int):
        ceiling = [amount / ceiling] * len(seconds)

    def times(others: Sequence[float]) -> float:
        return median(other / own for own, other in zip(seconds, others, strict=True))

    return Row(
        name,
        amount / median(seconds),
        unit,
        None if baseline is None else amount / median(baseline),
        None if baseline is None else times(baseline),
        None if ceiling is None else amount / median(ceiling),
        None if ceiling is None else times(ceiling),
        note,
    )


MATRIX_SIZE = 2048


def matrix_product(dtype: torch.dtype = torch.float32) -> Callable[[], object]:
    """A product of MATRIX_SIZE³ multiply-adds on the CPU, to time beside other work."""
    a, b = (torch.randn(MATRIX_SIZE, MATRIX_SIZE).to(dtype) for _ in range(2))
    out = torch.empty(MATRIX_SIZE, MATRIX_SIZE, dtype=dtype)

    @torch.inference_mode()
    def product() -> object:
        return torch.mm(a, b, out=out)

    return product


def matrix_rate(dtype: torch.dtype = torch.float32, rounds: int = 5) -> float:
    """Multiply-adds per second of a large matrix product on the CPU, the best of some."""
    seconds = interleaved({"product": matrix_product(dtype)}, rounds)["product"]
    return MATRIX_SIZE**3 / min(seconds)


def machine_in_words() -> str:
    """Processor, cores in use, vector instructions, memory, system and torch in one line."""
    capabilities = getattr(torch.cpu, "get_capabilities", dict)()
    named = ("avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8", "bf16")
    has = [name for name in named if capabilities.get(name)]
    gpu = [torch.cuda.get_device_name(0)] if torch.cuda.is_available() else []
    words = [
        _processor(),
        f"{torch.get_num_threads()} of {os.cpu_count()} cores",
        ", ".join(has) or torch.backends.cpu.get_cpu_capability(),
        *_memory(),
        *gpu,
        f"{platform.system()}, Python {platform.python_version()}, torch {torch.__version__}",
    ]
    return "; ".join(words)


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory() -> list[str]:
    try:
        return [f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"]
    except (AttributeError, ValueError, OSError):
        return []


def table(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| what | value | baseline | ratio | ceiling | share of ceiling | note |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        cells = [
            row.name,
            f"{_number(row.value)} {row.unit}",
            _number(row.baseline),
            "" if row.ratio is None else f"{row.ratio:.2f}×",
            _number(row.ceiling),
            "" if row.share_of_ceiling is None else f"{100 * row.share_of_ceiling:.0f} %",
            row.note,
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def write_json(path: Path, machine: str, rows: Mapping[str, Sequence[Row]]) -> None:
    """The rows by topic, and what they were measured on."""
    found = {topic: [asdict(row) for row in each] for topic, each in rows.items()}
    text = json.dumps({"machine": machine, "rows": found}, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def _number(value: float | None) -> str:
    """Three digits that count: 0.0123, 1.23, 12.3, 123, 12,345."""
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
