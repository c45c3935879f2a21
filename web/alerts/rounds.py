"""Rounds as jobs: woken when the index or a run of the matching engine has something new, and each morning."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.orm import Session

from matching.alerts import rounds
from matching.alerts.comparisons import count_comparisons
from matching.alerts.models import Frequency
from matching.alerts.queries import any_watch
from matching.alerts.rules import morning, week_of
from registry import jobs

if TYPE_CHECKING:
    from web.runtime import Runtime

logger = logging.getLogger(__name__)

# After a change of the index: the changes of a few minutes are looked at once, and letters do not come one by one.
LOOK_DELAY: Final = timedelta(minutes=1)


def look_later(session: Session, *, now: datetime, delay: timedelta = LOOK_DELAY) -> None:
    """Have what people watch looked at soon, in the caller's transaction; nothing where nobody watches anything."""
    if any_watch(session):
        jobs.enqueue(session, "alerts", actor="system", now=now, key="alerts", run_after=now + delay)


def matched(runtime: Runtime) -> None:
    """What follows a run: comparisons are counted, and needs that fit are looked at. A repeat adds nothing."""
    now = runtime.now()
    with runtime.database.transaction() as session:
        count_comparisons(session, runtime.today())
    with runtime.database.transaction() as session:
        # Asked for even where nobody watches: the first look lets suppliers' people be told of needs.
        jobs.enqueue(session, "alerts", actor="system", now=now, key="alerts")


def look(runtime: Runtime, progress: rounds.Progress) -> dict[str, Any]:
    """Look at what is watched; letters that are to come at once are queued. A repeat finds nothing to tell."""
    # Asking as a page does takes a page's machinery, which those who only queue a look do without.
    from web.alerts.addresses import PortalAddresses
    from web.alerts.questions import found

    # Those who watch the same come one after another: the engine is asked once for all of them.
    asked = lru_cache(maxsize=1)(lambda question: found(runtime.engine, question)[0])
    report = rounds.look(
        runtime.database,
        lambda watch: asked(watch.question),
        PortalAddresses(runtime),
        on=runtime.today(),
        now=runtime.now(),
        progress=progress,
    )
    return report.as_json()


def write_letters(runtime: Runtime, frequency: Frequency, progress: rounds.Progress) -> dict[str, Any]:
    """Look once more, then write the letters of the day or the week. A repeat finds nothing to tell."""
    from search.engines import EngineUnavailable
    from web.alerts.addresses import PortalAddresses

    try:
        look(runtime, progress)
    except EngineUnavailable:
        # What is known already is told in the morning all the same; the rest is news when the engine is back.
        logger.warning("the search engine is away: letters tell of what was found before")
    letters = rounds.write_letters(
        runtime.database,
        frequency,
        PortalAddresses(runtime),
        on=runtime.today(),
        now=runtime.now(),
        progress=progress,
    )
    return {"letters": letters}


def queue_letters(session: Session, *, on: date, now: datetime) -> None:
    """Queue the letters of the day, and on the first day of a week that is seen those of the week, for the morning.

    Many callers queue each once; on a portal that stood still on Monday those of the week come on Tuesday.
    """
    week = week_of(on)
    for frequency, name in ((Frequency.DAILY, str(on)), (Frequency.WEEKLY, week)):
        key = f"letters:{frequency}:{name}"
        if not jobs.was_queued(session, key):
            params = {"frequency": frequency.value}
            jobs.enqueue(session, "letters", params, actor="system", now=now, key=key, run_after=morning(on))
