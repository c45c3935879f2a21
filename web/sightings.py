"""Counting how often goods are seen: in memory while pages are made, written down together every few seconds.

A page never waits for it: what was seen is counted once the answer has gone, and the write is another transaction. A
process that dies loses the counts of some seconds. Robots are not counted, nor are the supplier's own people.
"""

from __future__ import annotations

import atexit
import logging
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Final

from flask import Flask, Response, g, request
from sqlalchemy.exc import SQLAlchemyError

from registry.evidence.goods import Good
from registry.sightings.models import Sort
from registry.sightings.operations import add
from web.runtime import Runtime
from web.session import runtime

logger = logging.getLogger(__name__)

FLUSH_S: Final = 5.0
# Counts kept where the database is away; further ones are let go rather than fill the memory.
_MOST: Final = 100_000
# Programs that read pages for no person, by what they call themselves; one that says nothing is none, either.
_ROBOT: Final = re.compile(
    r"^$|(?<!cu)bot\b|crawl|spider|slurp|archiver|preview|facebookexternalhit|monitor|uptime|scrapy|headless"
    r"|^(curl|wget|python|java|go-http|okhttp|libwww|httpx|axios|node)\b",
    re.IGNORECASE,
)


class Sightings:
    """The counts of one process that are not written down yet."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._counts: Counter[tuple[int, date, Sort]] = Counter()
        self._lock = threading.Lock()
        self._written_at: datetime = runtime.now()
        self._kept: threading.Thread | None = None

    def count(self, ids: Iterable[int], on: date, sort: Sort) -> None:
        """Count each of these lines once more."""
        with self._lock:
            if len(self._counts) < _MOST:
                self._counts.update((id, on, sort) for id in ids)

    def flush(self) -> int:
        """Write down what was counted; returns how many counts. What cannot be written waits for the next time."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
            self._written_at = self._runtime.now()
        if not counts:
            return 0
        try:
            with self._runtime.database.transaction() as session:
                add(session, counts)
        except SQLAlchemyError as error:
            logger.warning("sightings could not be written: %s", str(error).partition("\n")[0])
            with self._lock:
                self._counts.update(counts)
            return 0
        return len(counts)

    def keep_flushing(self) -> None:
        """Have a thread write every FLUSH_S seconds for as long as the process lives, and once at its end."""
        self._kept = threading.Thread(target=self._keep, name="sightings", daemon=True)
        self._kept.start()
        atexit.register(self.flush)

    def flush_if_due(self) -> None:
        """Write where no thread does and the last time is long ago: for servers that were not told to keep one."""
        if self._kept is None and self._runtime.now() - self._written_at >= timedelta(seconds=FLUSH_S):
            self.flush()

    def _keep(self) -> None:
        pause = threading.Event()
        while not pause.wait(FLUSH_S):
            self.flush()


def install(app: Flask, runtime: Runtime) -> None:
    """Give the app its counts; they are added up after each answer is sent."""
    counts = app.extensions["sightings"] = Sightings(runtime)

    @app.after_request
    def count(response: Response) -> Response:
        seen: list[tuple[list[int], date, Sort]] = g.get("seen", [])
        if seen and response.status_code == 200:
            response.call_on_close(_counted(counts, seen))
        return response


def see(goods: Iterable[Good], sort: Sort) -> None:
    """Note that the answer being made shows these goods to its reader, today, whichever day the page speaks of."""
    if request.method != "GET" or _ROBOT.search(request.user_agent.string) or "prefetch" in _purpose():
        return
    own = g.account.bin if g.account else None
    ids = [good.id for good in goods if own is None or good.bin != own]
    if ids:
        g.setdefault("seen", []).append((ids, runtime().today(), sort))


def _purpose() -> str:
    return request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")


def _counted(counts: Sightings, seen: list[tuple[list[int], date, Sort]]) -> Callable[[], None]:
    def count() -> None:
        for ids, on, sort in seen:
            counts.count(ids, on, sort)
        counts.flush_if_due()

    return count
