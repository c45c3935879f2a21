"""A process that drains, rebuilds or imports in small steps, again and again, for tests that kill it.

Arguments: URL of the database, kind of engine, folder and prefix of its index. It prints its id when it is ready. For
each line `drain STEP`, `rebuild STEP` or `import STEP FILE` on its input it forks a process that does it, so that
nobody waits for modules and dictionaries to load. Printed of each: its id; `began` when the work begins; `step` for
every step that is done; `ended` when the work is done; and the exit status when the process has ended.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import web.tables  # noqa: F401
from registry import bulk, bulk_log, law
from registry.db import Database
from search import sync
from search.analysis import index_text
from search.goods import PRODUCTS
from tests.factories import NOW, TODAY
from tests.registry.importing import import_file
from tests.search.corpus import open_engine

KINDS = {PRODUCTS.name: PRODUCTS}
DRAIN, REBUILD, IMPORT = "drain", "rebuild", "import"


def tell(word: str) -> None:
    """One line, at once and whole."""
    os.write(1, f"{word}\n".encode())


def work(url: str, engine_kind: str, folder: Path, prefix: str, action: str, step: int, file: str) -> None:
    """Drain, rebuild or import, so many rows at a time."""
    # The package's names `drain` and `rebuild` are its functions.
    vars(import_module("search.sync.drain"))["BATCH"] = step
    vars(import_module("search.sync.rebuild"))["WINDOW"] = step
    bulk.BATCH_ROWS = step
    database = Database(url)

    # An import has begun when its file is read: then it tells of 0 rows.
    words = repeat("step") if action != IMPORT else chain(["began"], repeat("step"))

    def progress(*_: int) -> None:
        tell(next(words))

    with open_engine(engine_kind, folder, prefix) as engine:
        told: dict[str, Any] = {"now": NOW, "on": TODAY, "progress": progress}
        actions: dict[str, Callable[[], object]] = {
            DRAIN: lambda: sync.drain(database, engine, KINDS, **told),
            REBUILD: lambda: sync.rebuild(database, engine, KINDS, **told),
            IMPORT: lambda: import_file(database, "products", Path(file), bulk_log.rejected_path(Path(file)), progress),
        }
        if action != IMPORT:
            tell("began")
        actions[action]()
        tell("ended")


def serve(url: str, engine_kind: str, folder: str, prefix: str) -> None:
    """Do what the lines of standard input say, each in a process of its own."""
    index_text("Трубы стальные 159х8, болат құбырлар, steel pipes")
    law.on(TODAY)
    tell(str(os.getpid()))
    for line in sys.stdin:
        action, step, *file = line.split()
        child = os.fork()
        if not child:
            tell(str(os.getpid()))
            try:
                work(url, engine_kind, Path(folder), prefix, action, int(step), "".join(file))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        tell(str(os.waitstatus_to_exitcode(status)))


if __name__ == "__main__":
    serve(*sys.argv[1:])
