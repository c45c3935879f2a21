"""Named locks between processes: held by one at a time, and given back the moment its process dies."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from registry.db import Database

# A holder that is silent for so long, seconds, is asked by PostgreSQL whether it lives, so often, and then its lock is
# let go: of a machine that lost its power nobody says that its connection is closed, and by default that takes hours.
_ALIVE: Final = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "4"}
# How often a lock that is taken is asked for again, seconds.
_ASK_AGAIN_S: Final = 0.01


@contextmanager
def only_one(database: Database, name: str, *, wait_s: float = 0.0) -> Iterator[bool]:
    """Hold the lock of that name for the length of the block; yields False if another holds it for all of `wait_s`.

    On PostgreSQL it is an advisory lock of a transaction of its own, on SQLite a lock on a file beside the database;
    either goes with its process, so that nobody has to wait for a lease to run out.
    """
    until = time.monotonic() + wait_s
    with ExitStack() as held:
        while not (taken := _try(database, name, held)) and time.monotonic() < until:
            time.sleep(_ASK_AGAIN_S)
        yield taken


def _try(database: Database, name: str, held: ExitStack) -> bool:
    with ExitStack() as attempt:
        if database.is_sqlite:
            if database.url.database in (None, "", ":memory:"):
                return True  # no other process can reach it
            path = Path(f"{database.url.database}.{name}.lock")
            file = attempt.enter_context(path.open("w"))
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
        else:
            key = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)
            connection = attempt.enter_context(database.engine.connect())
            if not connection.execute(select(func.pg_try_advisory_xact_lock(key))).scalar_one():
                return False
            connection.execute(select(*(func.set_config(name, value, True) for name, value in _ALIVE.items())))
        held.enter_context(attempt.pop_all())
    return True
