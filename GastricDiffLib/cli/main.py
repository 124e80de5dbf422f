"""The command line ``gastricdiff``."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, NoReturn

from GastricDiffLib.cli.command import find_command
from GastricDiffLib.cli.console import Console
from GastricDiffLib.cli.parser import build_parser
from GastricDiffLib.errors import Cancelled, InputError, ReportedElsewhere
from GastricDiffLib.log import log_exception
from GastricDiffLib.threads import wait_passively

EXIT_DONE, EXIT_BUG, EXIT_INPUT, EXIT_CANCELLED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code.

    0 done; 2 the input or the call is at fault, one ``error:`` line on stderr; 130 cancelled;
    1 a fault of the program, with its traceback in the log.
    """
    wait_passively()
    words = sys.argv[1:] if arguments is None else arguments
    console = Console("--events" in words)
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        return exit_code(lambda: _run(words, console), console)
    finally:
        signal.signal(signal.SIGTERM, previous)


def _run(words: Sequence[str], console: Console) -> int:
    """One command's exit code, from this process or from one of several."""
    first = words[0] if words else ""
    with _joined(first, console) as sync_errors:

        def work() -> int:
            with sync_errors():
                options = build_parser(first).parse_args(words)
            options.run(options, console)
            return EXIT_DONE

        # Reported before the group is left: torchrun ends all processes at the first one's end.
        return exit_code(work, console)


@contextmanager
def _joined(word: str, console: Console) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Work as one with the other processes that torchrun started, if it did; the first reports.

    Gives ``sync_errors``.
    """
    command = find_command(word) if "LOCAL_RANK" in os.environ else None
    if command is None or not command.joint:
        yield nullcontext
        return
    from GastricDiffLib.train import distributed

    with distributed.joined():
        console.muted = not distributed.is_main()
        yield distributed.sync_errors
        console.muted = True


def exit_code(work: Callable[[], int], console: Console) -> int:
    """Do the work; the exit code of how it ended, once an error is reported."""
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
        # The reader went away, as with `| head`: nobody is left to write to.
        sys.stderr.close()
        return EXIT_DONE
    except Exception as error:
        log = log_exception("unexpected error")
        where = f"the traceback is in {log}" if log else "no log could be written"
        console.error(f"unexpected {type(error).__name__}; {where}")
        return EXIT_BUG


def _interrupt(signum: int, frame: Any) -> NoReturn:
    raise KeyboardInterrupt
