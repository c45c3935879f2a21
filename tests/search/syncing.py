"""A process that drains or rebuilds in small steps, again and again, for tests that kill it.

Arguments: URL of the database, kind of engine, folder and prefix of its index. It prints its id when it is ready. For
each line `drain STEP` or `rebuild STEP` on its input it forks a process that does it, so that nobody waits for modules
and dictionaries to load, prints that one's id, and its exit status when it has ended.
"""

from __future__ import annotations

import os
import sys
import traceback
from importlib import import_module
from pathlib import Path

import web.tables  # noqa: F401
from registry import law
from registry.db import Database
from search import sync
from search.analysis import index_text
from search.goods import PRODUCTS
from tests.factories import NOW, TODAY
from tests.search.corpus import open_engine

KINDS = {PRODUCTS.name: PRODUCTS}
DRAIN, REBUILD = "drain", "rebuild"


def work(url: str, engine_kind: str, folder: Path, prefix: str, action: str, step: int) -> None:
    """Drain or rebuild, so many rows at a time."""
    # The package's names `drain` and `rebuild` are its functions.
    vars(import_module("search.sync.drain"))["BATCH"] = step
    vars(import_module("search.sync.rebuild"))["WINDOW"] = step
    with open_engine(engine_kind, folder, prefix) as engine:
        {DRAIN: sync.drain, REBUILD: sync.rebuild}[action](Database(url), engine, KINDS, now=NOW, on=TODAY)


def serve(url: str, engine_kind: str, folder: str, prefix: str) -> None:
    """Do what the lines of standard input say, each in a process of its own."""
    index_text("Трубы стальные 159х8, болат құбырлар, steel pipes")
    law.on(TODAY)
    print(os.getpid(), flush=True)
    for line in sys.stdin:
        action, step = line.split()
        child = os.fork()
        if not child:
            try:
                work(url, engine_kind, Path(folder), prefix, action, int(step))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    serve(*sys.argv[1:])
