"""A child process in which a stranger's file is opened: what is made to exhaust memory, time or disk ends there.

The module that opens the file is run as a program of its own, `python -m registry.confined LIMITS MODULE ARGUMENTS`,
and says its result on standard output. The limits are set before it is imported, so whatever it pulls in stands under
them.
"""

from __future__ import annotations

import logging
import os
import resource
import runpy
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger(__name__)

# How much longer by the clock than by its own computing a child may take, for a machine that is busy with others.
_PATIENCE = 3
_SAID = 2_000
# How many children one process has at a time, others waiting their turn: many strangers together must not take what one
# may not.
_AT_ONCE = threading.BoundedSemaphore(2)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may take: bytes of memory, seconds of computing, bytes of any file that it writes."""

    memory: int
    seconds: int
    written: int


class Failed(Exception):
    """The child ended without a result: the file is damaged, or it asked for more than the limits give.

    exhausted: whether it is known to be the latter.
    """

    def __init__(self, *, exhausted: bool = False) -> None:
        super().__init__()
        self.exhausted = exhausted


# How a child ends at a limit: by its own, by the machine's, or by a library that gives up on any shortage of memory.
_AT_A_LIMIT = frozenset({-signal.SIGXCPU, -signal.SIGKILL, -signal.SIGABRT, -signal.SIGXFSZ})


def run(module: str, *arguments: str, limits: Limits) -> str:
    """What the module, run as a program in a child process, wrote on its standard output. Raises Failed."""
    bounds = [str(bound) for bound in (limits.memory, limits.seconds, limits.written)]
    # The child of a portal knows none of its secrets: settings hold the passwords of servers and the key of cookies.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ONDIRIS_")}
    try:
        with _AT_ONCE:
            child = subprocess.run(  # noqa: S603 - this very program; what it opens is an argument, never a command
                [sys.executable, "-m", "registry.confined", *bounds, module, *arguments],
                capture_output=True,
                stdin=subprocess.DEVNULL,
                check=False,
                timeout=limits.seconds * _PATIENCE,
                cwd=Path(__file__).parents[1],
                env=environment,
            )
    except subprocess.TimeoutExpired:
        logger.info("%s did not end within its time", module)
        raise Failed(exhausted=True) from None
    if child.returncode != 0:
        logger.info("%s ended with %s: %s", module, child.returncode, child.stderr.decode(errors="replace")[-_SAID:])
        raise Failed(exhausted=child.returncode in _AT_A_LIMIT)
    return child.stdout.decode()


def _confine(limits: Limits) -> None:
    for kind, bound in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, limits.seconds),
        (resource.RLIMIT_FSIZE, limits.written),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (bound, bound))


if __name__ == "__main__":
    _confine(Limits(*map(int, sys.argv[1:4])))
    sys.argv = sys.argv[4:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
