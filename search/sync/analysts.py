"""Rows into documents: here, or in child processes where there are many, since analysing text is most of the work."""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from registry.db import Database
from search.kinds import Document, Kind

logger = logging.getLogger(__name__)

MOST_CHILDREN: Final = 4


class Made:
    """What became of rows: their documents, and by id what was wrong with those that became none."""

    def __init__(self) -> None:
        self.documents: list[Document] = []
        self.failed: dict[int, str] = {}


def make(kind: Kind[Any], rows: Iterable[Any]) -> Made:
    """Documents of rows. A row that cannot become one stops nobody else's."""
    made = Made()
    for row in rows:
        try:
            made.documents.append(kind.document(row))
        except Exception as error:
            # Whatever is wrong with one row must not keep the others from the index; it is reported and tried again.
            id, _ = kind.identify(row)
            logger.exception("no document could be made of entity %s of %s", id, kind.name)
            made.failed[id] = f"{type(error).__name__}: {error}"
    return made


def load(kind: Kind[Any], session: Session, ids: list[int], on: date) -> Made:
    """Documents of those ids that are listed. Where loading fails, each is loaded alone, to find the one that fails."""
    try:
        return make(kind, kind.load(session, ids, on))
    except DBAPIError:
        raise  # the database is away, which is no entity's fault
    except Exception:
        logger.exception("loading %d entities of %s failed; each is tried alone", len(ids), kind.name)
    several = Made()
    for id in ids:
        try:
            made = make(kind, kind.load(session, [id], on))
        except DBAPIError:
            raise
        except Exception as error:
            several.failed[id] = f"{type(error).__name__}: {error}"
            continue
        several.documents += made.documents
        several.failed |= made.failed
    return several


class Analysts:
    """Child processes that read rows and make documents; a context, at whose end they are gone.

    Plain pipes rather than a process pool: they work in any worker (Celery's may have no children of that kind), and a
    child ends by itself when its parent was killed, because its input ends.
    """

    def __init__(self, database: Database, kind: Kind[Any], on: date) -> None:
        self._told = (database.url.render_as_string(hide_password=False), kind, on)
        self._idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        # As many as there are processors: this process writes the index meanwhile, which is a third of the work.
        self._children = [_child() for _ in range(max(1, min(MOST_CHILDREN, os.cpu_count() or 1)))]
        for child in self._children:
            self._idle.put(child)
        self._threads = ThreadPoolExecutor(len(self._children))

    def __enter__(self) -> Analysts:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for child in self._children:
            child.kill()
            child.wait()
        self._threads.shutdown(cancel_futures=True)
        for child in self._children:
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    with suppress(BrokenPipeError):
                        pipe.close()

    def make(self, windows: Iterable[list[int]]) -> Iterator[Made]:
        """Documents of each window of ids, in the order of the windows; a few windows are under way at a time."""
        under_way: deque[Future[Made]] = deque()
        for ids in windows:
            under_way.append(self._threads.submit(self._ask, ids))
            if len(under_way) > len(self._children) + 1:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()

    def _ask(self, ids: list[int]) -> Made:
        child = self._idle.get()
        try:
            assert child.stdin is not None
            assert child.stdout is not None
            pickle.dump((*self._told, ids), child.stdin, pickle.HIGHEST_PROTOCOL)
            child.stdin.flush()
            made: Made = pickle.load(child.stdout)  # noqa: S301 - from our own child
            return made
        finally:
            self._idle.put(child)


def _child() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", "from search.sync.analysts import serve; serve()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )


def serve() -> None:
    """What a child does: answer each window with what became of it, until the parent is gone."""
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    # Whatever a library prints must not get between the replies.
    sys.stdout = sys.stderr
    opened: dict[str, Database] = {}
    while True:
        try:
            url, kind, on, ids = pickle.load(requests)  # noqa: S301 - from our parent
        except EOFError:
            return
        if url not in opened:
            opened[url] = Database(url)
        database = opened[url]
        with database.reading() as session:
            made = load(kind, session, ids, on)
        try:
            pickle.dump(made, replies, pickle.HIGHEST_PROTOCOL)
            replies.flush()
        except BrokenPipeError:
            return
