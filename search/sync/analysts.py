"""Rows into documents: here, or in child processes where there are many, since analysing text is most of the work."""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import IO, Any, Final

from search.kinds import Document, Kind

logger = logging.getLogger(__name__)

# Children beside this process, which reads rows and writes the index meanwhile.
MOST_CHILDREN: Final = 3


class Made:
    """What became of rows: their documents, and by id what was wrong with those that became none."""

    def __init__(self) -> None:
        self.documents: list[Document] = []
        self.failed: dict[int, str] = {}


def make(kind: Kind[Any], rows: Iterable[Any]) -> Made:
    """Documents of rows, made here. A row that cannot become one stops nobody else's."""
    return _made(kind.document, [(kind.identify(row)[0], row) for row in rows])


def _made(document: Callable[[Any], Document], rows: Iterable[tuple[int, Any]]) -> Made:
    made = Made()
    for id, row in rows:
        try:
            made.documents.append(document(row))
        except Exception as error:
            # Whatever is wrong with one row must not keep the others from the index; it is reported and tried again.
            logger.exception("no document could be made of entity %s", id)
            made.failed[id] = f"{type(error).__name__}: {error}"
    return made


class Analysts:
    """Child processes that make documents; a context, at whose end they are gone.

    Plain pipes rather than a process pool: they work in any worker (Celery's may have no children of that kind), and a
    child ends by itself when its parent was killed, because its input ends.
    """

    def __init__(self, kind: Kind[Any]) -> None:
        self.kind = kind
        self._idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        self._children = [_child() for _ in range(max(1, min(MOST_CHILDREN, (os.cpu_count() or 2) - 1)))]
        for child in self._children:
            self._idle.put(child)
        self._threads = ThreadPoolExecutor(len(self._children))

    def __enter__(self) -> Analysts:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for child in self._children:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    pipe.close()
        self._threads.shutdown(cancel_futures=True)

    def make(self, windows: Iterable[Sequence[Any]]) -> Iterator[Made]:
        """Documents of each window of rows, in the order of the windows; a few windows are under way at a time."""
        under_way: deque[Future[Made]] = deque()
        for rows in windows:
            under_way.append(self._threads.submit(self._ask, [(self.kind.identify(row)[0], row) for row in rows]))
            if len(under_way) > len(self._children) + 1:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()

    def _ask(self, rows: list[tuple[int, Any]]) -> Made:
        child = self._idle.get()
        try:
            assert child.stdin is not None
            assert child.stdout is not None
            pickle.dump((self.kind.document, rows), child.stdin, pickle.HIGHEST_PROTOCOL)
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
    while True:
        try:
            document, rows = _received(requests)
        except EOFError:
            return
        try:
            pickle.dump(_made(document, rows), replies, pickle.HIGHEST_PROTOCOL)
            replies.flush()
        except BrokenPipeError:
            return


def _received(requests: IO[bytes]) -> tuple[Callable[[Any], Document], list[tuple[int, Any]]]:
    request: tuple[Callable[[Any], Document], list[tuple[int, Any]]] = pickle.load(requests)  # noqa: S301 - from our parent
    return request
