"""The processes that ``torchrun`` started, working as one; without it, this process alone.

Everything here does nothing, or the obvious, in a process that is not inside :func:`joined`.
A function whose description has *all* must be called by all processes, in the same order.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from GastricDiffLib.errors import Cancelled, InputError, ReportedElsewhere
from GastricDiffLib.nets.device import pick_device

VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")
LONGEST_WAIT = timedelta(days=2)
"""For messages between processes: one may export a cohort for hours while the others wait."""

Item = TypeVar("Item")
Found = TypeVar("Found")

# Of messages, always on the CPU. A step's tensors go through torch's default group and its time
# limit.
_messages: dist.ProcessGroup | None = None
_failed = False  # all processes, together


@contextmanager
def joined() -> Iterator[None]:
    """Belong to the group that torchrun's environment variables name, if they are there.

    gloo for tensors on the CPU, NCCL for those on a GPU, of which this process takes the one
    of its number on the machine. Inside a group already joined: nothing.

    After an error of :func:`sync_errors` nobody leaves before all do, with the error reported:
    torchrun ends the others when the first one ends.
    """
    global _messages
    if _messages is not None or not all(name in os.environ for name in VARIABLES):
        yield
        return
    backend = "gloo"
    if torch.cuda.is_available() and dist.is_nccl_available():
        backend = "cpu:gloo,cuda:nccl"
        if local_rank() < torch.cuda.device_count():
            torch.cuda.set_device(local_rank())
    dist.init_process_group(backend)
    _messages = dist.new_group(backend="gloo", timeout=LONGEST_WAIT)
    try:
        yield
    finally:
        if _failed:
            # The others may have been ended by force.
            with suppress(RuntimeError):
                barrier()
        _messages = None
        dist.destroy_process_group()


def rank() -> int:
    """The number of this process, from 0."""
    return dist.get_rank(_messages) if _messages is not None else 0


def world() -> int:
    """How many processes work as one."""
    return dist.get_world_size(_messages) if _messages is not None else 1


def local_rank() -> int:
    """The number of this process among those of its machine."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def is_main() -> bool:
    """Whether this process writes files and reports to the user."""
    return rank() == 0


def own_device(name: str = "auto") -> torch.device:
    """As :func:`pick_device`, but each of several processes has a GPU of its own.

    Raises
    ------
    InputError
        As there; more processes than GPUs; a device that processes cannot share.
    """
    device = pick_device(name)
    if world() == 1 or device.type == "cpu":
        return device
    if device.type != "cuda":
        if name == "auto":
            return torch.device("cpu")
        raise InputError(f"several processes cannot train on {name}", hint="use --device cpu")
    count = torch.cuda.device_count()
    if local_rank() >= count:
        raise InputError(
            f"no GPU is left for process {local_rank()} of this machine",
            hint=f"start torchrun with --nproc-per-node {count}, or use --device cpu",
        )
    return torch.device("cuda", local_rank())


def gather(values: Sequence[Item]) -> list[Item]:
    """The values of all processes in the order of their ranks; any objects that pickle."""
    if world() == 1:
        return list(values)
    found: list[list[Item]] = [[] for _ in range(world())]
    dist.all_gather_object(found, list(values), _messages)
    return [value for part in found for value in part]


def summed(values: Tensor) -> Tensor:
    """The sum of a tensor over all processes; changes ``values`` and returns it."""
    if world() > 1:
        dist.all_reduce(values)
    return values


def barrier() -> None:
    """Wait until all have come here."""
    if world() > 1:
        dist.all_reduce(torch.zeros(1), group=_messages)


@contextmanager
def sync_errors() -> Iterator[None]:
    """Work of all that may fail in one: nobody leaves before all have done theirs.

    Raises
    ------
    Exception
        The own one, in the first process that failed.
    Cancelled
        In all the others, if it was that.
    ReportedElsewhere
        In all the others, with the first one's text.
    """
    global _failed
    own: Exception | None = None
    try:
        yield
    except Exception as error:
        if world() == 1:
            raise
        own = error
    if world() == 1:
        return
    failed = torch.tensor([float(own is not None)])
    dist.all_reduce(failed, dist.ReduceOp.MAX, _messages)
    _failed = bool(failed.item())
    if not _failed:
        return
    own_report = [(rank(), isinstance(own, Cancelled), str(own))]
    unreported = own is not None and not isinstance(own, ReportedElsewhere)
    first, cancelled, text = gather(own_report if unreported else [])[0]
    if own is not None and first == rank():
        raise own
    raise Cancelled if cancelled else ReportedElsewhere(text)


def broadcast_map(function: Callable[[Item], Found], items: Sequence[Item]) -> list[Found]:
    """``function`` of every item, each computed by one process alone; all get all, in order.

    Raises: as :func:`sync_errors`.
    """
    return broadcast_parts(lambda own: [function(item) for item in own], items)


def broadcast_parts(
    function: Callable[[Sequence[Item]], list[Found]], items: Sequence[Item]
) -> list[Found]:
    """As :func:`broadcast_map`, for a ``function`` of :func:`own_items`: one result each."""
    with sync_errors():
        own = function(own_items(items))
    found = gather([own])
    return [found[index % world()][index // world()] for index in range(len(items))]


def own_items(items: Sequence[Item]) -> Sequence[Item]:
    """Those of the items that are this process's to work on, the same ones in every call."""
    return items[rank() :: world()]


def require_alike(value: object, what: str, where: Path) -> None:
    """Raise InputError in all, unless all have the same value."""
    with sync_errors():
        seen = gather([value])
        if any(one != seen[0] for one in seen):
            raise InputError(
                f"not all processes have the same {what}",
                where,
                "start them alike, on storage that all machines share",
            )


def share(count: int) -> slice:
    """This process's part of ``count`` things in a row; sizes differ by 1 at most."""
    return slice(count * rank() // world(), count * (rank() + 1) // world())
