"""Locks between processes."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time

import pytest

from registry.db import Database
from registry.locks import only_one
from tests.architecture import ROOT

pytestmark = pytest.mark.both_databases

HOLDER = """
import sys, time
from registry.db import Database
from registry.locks import only_one
with only_one(Database(sys.argv[1]), "drain") as mine:
    print(mine, flush=True)
    time.sleep(60)
"""


def taken(database: Database, name: str = "drain") -> bool:
    """Whether somebody else could not have the lock now."""
    with only_one(database, name) as mine:
        return not mine


def test_one_holds_it_at_a_time(database: Database) -> None:
    with only_one(database, "drain") as mine:
        assert mine
        assert taken(database)
        assert not taken(database, "rebuild")
    assert not taken(database)


def test_it_is_given_back_when_the_block_fails(database: Database) -> None:
    with pytest.raises(RuntimeError), only_one(database, "drain"):
        raise RuntimeError
    assert not taken(database)


def test_it_is_waited_for(database: Database) -> None:
    got: list[bool] = []

    def wait() -> None:
        with only_one(database, "drain", wait_s=20) as mine:
            got.append(mine)

    with only_one(database, "drain"):
        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.1)
        assert got == []
    thread.join()
    assert got == [True]


def test_waiting_ends(database: Database) -> None:
    started = time.monotonic()
    with only_one(database, "drain"), only_one(database, "drain", wait_s=0.1) as mine:
        assert not mine
    assert 0.1 <= time.monotonic() - started < 10


def test_it_goes_with_a_killed_process(database: Database, database_url: str) -> None:
    command = [sys.executable, "-c", HOLDER, database_url]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        assert taken(database)
        holder.send_signal(signal.SIGKILL)
    with only_one(database, "drain", wait_s=20) as mine:
        assert mine
